"""Pages that a process has rendered for visitors, who are not logged in, and shows to others until they change.

A page is stored with its *version*: what the database says about everything that it shows. Each request reads the
version, which takes one query, and is answered with the stored page only if that is still the same. So the query
decides about each request who may see what, and a stored page decides nothing.

Only a page that is asked for again within a minute is stored. Others cost no more than they would without a store, and
URLs that somebody makes up do not drive out what many ask for.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from math import inf
from sys import getsizeof
from threading import Lock
from time import monotonic
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.utils.translation import get_language

from config.web.sharing import is_impersonal, share

# For how long it is remembered that a page was asked for.
REMEMBERED_SECONDS = 60.0


@dataclass(frozen=True)
class StoredPage:
    """A page, or only the mark that it was asked for, which has no version. Times are of the monotonic clock."""

    asked_at: float
    version: Any = None
    body: bytes = b""
    # When the page is rendered again even if the version is the same.
    until: float = inf


class PageStore:
    """The pages of a process that were asked for last, at most so many and about so many bytes. Threads share it."""

    def __init__(self, *, max_pages: int, max_bytes: int) -> None:
        self._max_pages = max_pages
        self._max_bytes = max_bytes
        self._pages: OrderedDict[Hashable, tuple[StoredPage, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def __len__(self) -> int:
        """Return how many pages have been stored, without those that were only asked for."""
        with self._lock:
            return sum(1 for page, _ in self._pages.values() if page.version is not None)

    def find(self, key: Hashable) -> StoredPage | None:
        """Return the page or its mark, if it is still remembered."""
        with self._lock:
            page, _size = self._pages.get(key, (None, 0))
            if page is None or page.asked_at < monotonic() - REMEMBERED_SECONDS:
                return None
            self._pages.move_to_end(key)
            return page

    def put(self, key: Hashable, page: StoredPage) -> None:
        """Store a page in place of its previous version, and drop what was not asked for longest."""
        size = getsizeof(repr(key)) + getsizeof(repr(page.version)) + getsizeof(page.body)
        with self._lock:
            self._remove(key)
            self._pages[key] = page, size
            self._bytes += size
            while self._bytes > self._max_bytes or len(self._pages) > self._max_pages:
                self._remove(next(iter(self._pages)))

    def clear(self) -> None:
        with self._lock:
            self._pages.clear()
            self._bytes = 0

    def _remove(self, key: Hashable) -> None:
        _page, size = self._pages.pop(key, (None, 0))
        self._bytes -= size


STORE = PageStore(max_pages=1_000, max_bytes=16 * 1024 * 1024)


@dataclass(frozen=True)
class VisitorsPage:
    """A page that is the same for all visitors.

    `read_version` returns None if the page is not to be stored: visitors may not see it, or it shows what the version
    lacks. Pages say how far away things are, so they are rendered again each minute, or after `seconds` if the version
    lacks a part that may be so old.
    """

    render: Callable[[], HttpResponse]
    read_version: Callable[[], Any]
    seconds: float = inf

    def respond(self, request: HttpRequest, *, at: datetime) -> HttpResponse:
        """Return the page, which nginx may share; from the store if it has not changed. `at` is the request's time.

        For readers who may be logged in, the page is only rendered.
        """
        if settings.DEBUG or not _is_from_visitor(request):
            return self.render()
        key = (request.scheme, request.get_host(), request.path, request.META.get("QUERY_STRING", ""), get_language())
        if (stored := STORE.find(key)) is None:
            STORE.put(key, StoredPage(monotonic()))
            response = self.render()
        else:
            response = self._current(request, key, stored, minute=at.replace(second=0, microsecond=0))
        share(request, response)
        return response

    def _current(self, request: HttpRequest, key: Hashable, stored: StoredPage, *, minute: datetime) -> HttpResponse:
        """Return the stored page if it is of the present version; otherwise render it, and store it if possible."""
        if (read := self.read_version()) is None:
            return self.render()
        began = monotonic()
        if stored.version == (minute, read) and stored.until > began:
            return HttpResponse(stored.body, headers={"Vary": "Cookie"})  # as whatever asks for the user
        response = _rendered(self.render())
        # If anything has changed meanwhile, it is not known which version the page shows.
        if _is_plain(request, response) and self.read_version() == read:
            STORE.put(key, StoredPage(began, (minute, read), response.content, until=began + self.seconds))
        return response


def _is_from_visitor(request: HttpRequest) -> bool:
    """Whether a request can only be one of somebody who is not logged in, and for whom there are no messages."""
    return is_impersonal(request) and request.COOKIES.keys() <= {settings.LANGUAGE_COOKIE_NAME}


def _rendered(response: HttpResponse) -> HttpResponse:
    return response.render() if isinstance(response, SimpleTemplateResponse) else response


def _is_plain(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether a response consists of its body, and contains no CSRF token, which belongs to one reader."""
    has_token = "CSRF_COOKIE_NEEDS_UPDATE" in request.META
    is_bare = [*response.headers] == ["Content-Type"] and not response.cookies
    return response.status_code == HTTPStatus.OK and is_bare and not has_token
