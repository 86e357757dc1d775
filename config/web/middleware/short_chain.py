"""The way of most requests to the API: through less middleware than that of pages."""

from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponseBase
from django.utils.module_loading import import_string

from config.web.middleware import GetResponse

# Its documentation, beside it, consists of pages.
PREFIX = "/api/v1/"


class ShortChainMiddleware:
    """Answer requests to the API that have no session through the middleware that does something for them.

    That is all of MIDDLEWARE without `LEFT_OUT_WITHOUT_SESSION` of the settings. Every other request passes the whole
    of it. Both answer alike, so this only saves time: a test compares them.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        names = [name for name in settings.MIDDLEWARE if name not in settings.LEFT_OUT_WITHOUT_SESSION]
        self._short_chain = _Chain(names).answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        is_short = request.path_info.startswith(PREFIX) and settings.SESSION_COOKIE_NAME not in request.COOKIES
        return self._short_chain(request) if is_short else self.get_response(request)


class _Chain(BaseHandler):
    """The view behind some middleware, as Django's handler builds it from MIDDLEWARE."""

    def __init__(self, names: list[str]) -> None:
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        handler: Any = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]  # Django's, whose stubs lack it
        for name in reversed(names):
            try:
                middleware = import_string(name)(handler)
            except MiddlewareNotUsed:
                continue
            if hasattr(middleware, "process_view"):
                self._view_middleware.insert(0, middleware.process_view)
            if hasattr(middleware, "process_template_response"):
                self._template_response_middleware.append(middleware.process_template_response)
            if hasattr(middleware, "process_exception"):
                self._exception_middleware.append(middleware.process_exception)
            handler = convert_exception_to_response(middleware)
        self.answer: GetResponse = handler
