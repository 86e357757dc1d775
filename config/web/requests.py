"""How requests are read. Incomplete bodies fail, forms must be in UTF-8, and hosts must use one of the site's ports."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, DisallowedHost
from django.core.handlers.wsgi import LimitedStream, WSGIHandler, WSGIRequest
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.utils.functional import cached_property
from django.utils.http import parse_header_parameters

from config.environment.origins import is_own_port

FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
UTF_8 = {"utf-8", "utf8"}
# The methods that pages and the API are read with.
READING_METHODS = {"GET", "HEAD"}
# Probes may use any port, such as the one that the process listens on.
HEALTH_PATHS = {"/healthz", "/readyz"}


class WholeStream(LimitedStream):
    """A body as long as its header says. A shorter one raises OSError, or half a form would be taken for the whole."""

    def read(self, size: int | None = -1, /) -> bytes:
        data: bytes = super().read(size)
        is_whole = self._pos >= self.limit  # type: ignore[attr-defined]  # Django's, whose stubs lack it
        if not is_whole and (size is None or size < 0 or len(data) < size):
            raise OSError("the body breaks off")
        return data


class Request(WSGIRequest):
    """A request that also has a chunked body, and whose Content-Type may name any charset without causing a failure.

    Django reads as much of a body as Content-Length says. A chunked body has no Content-Length, so Django would treat
    it as empty.

    Django decodes with the codec of Python that the charset of the Content-Type names. Some of these codecs are not for
    text, so that `charset=rot13` would fail, on any request and outside of all middleware.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        is_form = _media_type(environ.get("CONTENT_TYPE", "")) in FORMS
        # Forms are left out: browsers send none in chunks, and the server does not say if the last chunk is missing.
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked" and not is_form:
            # Read one byte more than is allowed, so that Django refuses a longer body as too large.
            body = environ["wsgi.input"].read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
            environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        super().__init__(environ)
        stream: Any = self._stream
        self._stream = WholeStream(environ["wsgi.input"], stream.limit)  # type: ignore[assignment]  # as Django's own is

    def get_host(self) -> str:
        """Return the requested host, from which links and redirects are built.

        Raises:
            DisallowedHost: the host is not the site's (checked by Django), or the port is not (checked here).
        """
        return self._host

    @cached_property
    def _host(self) -> str:
        host = super().get_host()
        name, port = split_domain_port(host)
        if port and self.path_info not in HEALTH_PATHS and not is_own_port(name, port, scheme=str(self.scheme)):
            raise DisallowedHost(
                f"Invalid HTTP_HOST header: {host!r}. You may need to add its port to ALLOWED_ORIGINS."
            )
        return host

    def _set_content_type_params(self, meta: Mapping[str, Any]) -> None:
        header = meta.get("CONTENT_TYPE", "")
        try:
            self.content_type, self.content_params = parse_header_parameters(header)
        except ValueError:
            # This charset is refused for forms, as a header that cannot be read should be.
            self.content_type, self.content_params = _media_type(header), {"charset": ""}

    def _load_post_and_files(self) -> None:
        charset = (self.content_params or {}).get("charset", "utf-8")
        if self.content_type in FORMS and charset.lower() not in UTF_8:
            self._mark_post_parse_error()  # type: ignore[attr-defined]  # Django's, whose stubs lack it
            raise BadRequest("Forms are read as UTF-8.")
        super()._load_post_and_files()


class Handler(WSGIHandler):
    request_class = Request


def _media_type(header: str) -> str:
    """Return the media type of a Content-Type, without its parameters."""
    return header.partition(";")[0].strip().lower()


def is_api(request: HttpRequest) -> bool:
    """Whether the request is for the API, and not for a page."""
    return request.path_info.startswith("/api/")


def feed_origin(request: HttpRequest) -> str | None:
    """Return the origin of the feed if it listens on a port of its own; None if it is that of the pages.

    Raises:
        DisallowedHost: the request is not for one of the site's hosts.
    """
    if not settings.FEED_PORT:
        return None
    host, _port = split_domain_port(request.get_host())
    return f"{'wss' if request.is_secure() else 'ws'}://{host}:{settings.FEED_PORT}"
