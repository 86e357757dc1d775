"""Conditional reads of the API."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, set_response_etag

from config.web.middleware import GetResponse
from config.web.requests import READING_METHODS, is_api


class ConditionalReadMiddleware:
    """Give every read of the API an ETag, and answer 304 without a body if the client has that version already.

    This saves bandwidth for programs that poll. A tag that the view has set, as for events, is kept. Pages of the
    browsable API get no tag, because their CSRF token is different each time. Django's ConditionalGetMiddleware is not
    used, because it leaves out HEAD, which must have the headers of GET, and also tags refusals.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_read = request.method in READING_METHODS and is_api(request) and response.status_code == HTTPStatus.OK
        is_page = response.get("Content-Type", "").startswith("text/html")
        if not is_read or is_page or not isinstance(response, HttpResponse):
            return response
        if not response.has_header("ETag"):
            set_response_etag(response)
        return get_conditional_response(request, etag=response.get("ETag"), response=response) or response
