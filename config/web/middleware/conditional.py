"""Conditional reads of the API."""

from hashlib import sha256
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response

from config.web.middleware import GetResponse
from config.web.requests import is_api


class ConditionalReadMiddleware:
    """Give every read of the API an ETag, and answer 304 without a body to who has it: whoever polls, for one.

    The tag of a view's own, as events have, stays. Pages for browsers hold a CSRF token, which never is the same twice.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_read = request.method in {"GET", "HEAD"} and is_api(request) and response.status_code == HTTPStatus.OK
        if not is_read or not isinstance(response, HttpResponse):
            return response
        if not response.has_header("ETag"):
            if response.get("Content-Type", "").startswith("text/html"):
                return response
            response["ETag"] = f'"{sha256(response.content).hexdigest()[:32]}"'
        return get_conditional_response(request, etag=response["ETag"], response=response) or response
