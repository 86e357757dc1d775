"""Test the store of pages for visitors: when a stored page is used, what is never stored, and how much is kept."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import inf
from time import monotonic
from typing import Any
from unittest import mock

import pytest
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test import RequestFactory
from django.utils import translation
from pytest_django import Settings

from config.web import stored_pages
from config.web.stored_pages import STORE, PageStore, StoredPage, VisitorsPage

MOMENT = datetime(2026, 12, 4, 17, 30, 20, tzinfo=UTC)


class Rendering:
    """A page that says how often it was rendered, and its version, which tests change."""

    def __init__(self, version: Any = 1) -> None:
        self.version = version
        self.times = 0

    def render(self) -> HttpResponse:
        self.times += 1
        return HttpResponse(f"{self.times}")

    def ask(self, path: str = "/", *, at: datetime = MOMENT, seconds: float = inf, **options: Any) -> bytes:
        request = RequestFactory(SERVER_NAME="localhost").generic(options.pop("method", "GET"), path, **options)
        return VisitorsPage(self.render, lambda: self.version, seconds).respond(request, at=at).content


@pytest.fixture
def rendering() -> Rendering:
    """A page that is stored, as it was rendered for the second time."""
    stored = Rendering()
    assert [stored.ask(), stored.ask()] == [b"1", b"2"]
    return stored


def test_page_that_is_asked_for_again_is_rendered_once_for_a_version(rendering: Rendering) -> None:
    assert [rendering.ask(), rendering.ask(), rendering.ask()] == [b"2"] * 3


def test_page_that_nobody_asks_for_again_is_not_stored_and_its_version_not_read() -> None:
    request = RequestFactory(SERVER_NAME="localhost").get("/")

    VisitorsPage(HttpResponse, mock.Mock(side_effect=AssertionError)).respond(request, at=MOMENT)

    assert len(STORE) == 0


def test_page_is_forgotten_after_a_minute(rendering: Rendering, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_pages, "REMEMBERED_SECONDS", -1)

    assert [rendering.ask(), rendering.ask()] == [b"3", b"4"]


def test_page_is_rendered_again_for_each_new_version(rendering: Rendering) -> None:
    bodies = []
    for version in (2, 3, 3, 1):
        rendering.version = version
        bodies.append(rendering.ask())

    assert bodies == [b"3", b"4", b"4", b"5"]


def test_page_without_a_version_is_rendered_each_time(rendering: Rendering) -> None:
    rendering.version = None

    assert [rendering.ask(), rendering.ask()] == [b"3", b"4"]


def test_page_is_rendered_again_in_the_next_minute(rendering: Rendering) -> None:
    times = [MOMENT - timedelta(seconds=20), MOMENT + timedelta(seconds=39), MOMENT + timedelta(seconds=40)]

    assert [rendering.ask(at=at) for at in times] == [b"2", b"2", b"3"]


def test_page_whose_version_lacks_something_is_rendered_again_after_its_time() -> None:
    rendering = Rendering()

    assert [rendering.ask(seconds=0) for _ in range(4)] == [b"1", b"2", b"3", b"4"]
    assert [rendering.ask(seconds=60) for _ in range(2)] == [b"5", b"5"]


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/other/", {}),
        ("/?q=1", {}),
        ("/", {"HTTP_HOST": "127.0.0.1"}),
        ("/", {"HTTP_HOST": "localhost:8000"}),
        ("/", {"secure": True}),
    ],
    ids=str,
)
def test_page_belongs_to_its_url_as_it_was_requested(rendering: Rendering, path: str, options: dict[str, Any]) -> None:
    other = [rendering.ask(path, **options) for _ in range(3)]

    assert [*other, rendering.ask()] == [b"3", b"4", b"4", b"2"]


def test_page_belongs_to_its_language(rendering: Rendering) -> None:
    with translation.override("de"):
        german = [rendering.ask() for _ in range(3)]

    assert [*german, rendering.ask()] == [b"3", b"4", b"4", b"2"]


@pytest.mark.parametrize(
    "options",
    [
        {"HTTP_COOKIE": "sessionid=x"},
        {"HTTP_COOKIE": "messages=x"},
        {"HTTP_COOKIE": "csrftoken=x"},
        {"HTTP_COOKIE": "language=de; odd"},
        {"HTTP_AUTHORIZATION": "Bearer x"},
        {"method": "POST"},
        {"QUERY_STRING": "invite=x"},
        {"QUERY_STRING": "%69nvite=x"},
    ],
    ids=str,
)
def test_request_with_anything_personal_neither_gets_nor_leaves_a_stored_page(
    rendering: Rendering, options: dict[str, Any]
) -> None:
    personal = [rendering.ask(**options) for _ in range(3)]

    assert [*personal, rendering.ask()] == [b"3", b"4", b"5", b"2"]
    assert len(STORE) == 1


def test_reader_who_has_chosen_a_language_is_still_a_visitor(rendering: Rendering) -> None:
    assert rendering.ask(HTTP_COOKIE="language=de") == b"2"


def test_head_gets_the_page_of_get(rendering: Rendering) -> None:
    assert rendering.ask(method="HEAD") == b"2"


def with_token(request: Any) -> HttpResponse:
    return HttpResponse(get_token(request))


def with_cookie(_request: Any) -> HttpResponse:
    response = HttpResponse()
    response.set_cookie("a", "b")
    return response


@pytest.mark.parametrize(
    "view",
    [
        with_token,
        with_cookie,
        lambda _: HttpResponse(status=404),
        lambda _: HttpResponse(headers={"Cache-Control": "private"}),
        lambda _: HttpResponse(headers={"Content-Type": "text/html", "X-Nonce": "x"}),
    ],
    ids=["token", "cookie", "404", "private", "nonce"],
)
def test_response_that_is_more_than_a_page_is_not_stored(view: Callable[[Any], HttpResponse]) -> None:
    request = RequestFactory(SERVER_NAME="localhost").get("/")

    for _ in range(2):
        VisitorsPage(lambda: view(request), lambda: 1).respond(request, at=MOMENT)

    assert len(STORE) == 0


def test_page_that_changes_while_it_is_rendered_is_not_stored() -> None:
    rendering, versions = Rendering(), iter([1, 2, 2, 2, 2])
    request = RequestFactory(SERVER_NAME="localhost").get("/")

    asked = [VisitorsPage(rendering.render, lambda: next(versions)).respond(request, at=MOMENT) for _ in range(4)]

    assert [response.content for response in asked] == [b"1", b"2", b"3", b"3"]


def test_nothing_is_stored_while_templates_are_edited(rendering: Rendering, settings: Settings) -> None:
    settings.DEBUG = True

    assert [rendering.ask(), rendering.ask()] == [b"3", b"4"]


# How much is kept


def stored(body: bytes = b"", version: Any = 1) -> StoredPage:
    return StoredPage(monotonic(), version, body)


def test_page_that_was_asked_for_longest_ago_goes_first() -> None:
    store = PageStore(max_pages=2, max_bytes=10_000)
    store.put("a", stored())
    store.put("b", stored())
    store.find("a")
    store.put("c", stored())

    assert [store.find(key) is not None for key in "abc"] == [True, False, True]


@pytest.mark.parametrize(("size", "count"), [(900, 2), (1_100, 1), (2_100, 0)])
def test_store_holds_no_more_bytes_than_allowed(size: int, count: int) -> None:
    store = PageStore(max_pages=10, max_bytes=2_200)
    for key in "abc":
        store.put(key, stored(b"x" * size))

    assert len(store) == count


@pytest.mark.parametrize("version", ["x" * 1_000, "\N{GRINNING FACE}" * 250, "\N{GRINNING FACE}" + "x" * 249])
def test_version_counts_as_many_bytes_as_it_takes(version: str) -> None:
    store = PageStore(max_pages=10, max_bytes=1_000)
    store.put("a", stored(version=version))

    assert len(store) == 0


def test_page_that_is_replaced_no_longer_counts() -> None:
    store = PageStore(max_pages=10, max_bytes=2_000)
    for number in range(10):
        store.put("a", stored(b"x" * 1_000, version=number))
    store.put("b", stored(b"x" * 500))

    assert len(store) == 2
