"""Conditional reads of the API."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, set_response_etag

from config.web.middleware import GetResponse
from config.web.requests import is_api


class ConditionalReadMiddleware:
    """Give every read of the API an ETag, and answer 304 without a body to those who have it, as programs that poll do.

    A tag that the view has set stays, as for events. Pages for browsers get none, because their CSRF token is never the
    same twice. Django's ConditionalGetMiddleware leaves out HEAD, which must say the same as GET, and tags refusals.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_read = request.method in {"GET", "HEAD"} and is_api(request) and response.status_code == HTTPStatus.OK
        is_page = response.get("Content-Type", "").startswith("text/html")
        if not is_read or is_page or not isinstance(response, HttpResponse):
            return response
        if not response.has_header("ETag"):
            set_response_etag(response)
        return get_conditional_response(request, etag=response.get("ETag"), response=response) or response
