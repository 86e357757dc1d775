"""Which answers are the same for everybody, so that nginx may give one of them to all who ask within a second.

nginx keeps an answer only if it has X-Accel-Expires, which it does not pass on. config/deploy/nginx.conf has the key.
"""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from config.web.requests import READING_METHODS

HEADER = "X-Accel-Expires"
SECONDS = 1


def share(request: HttpRequest, response: HttpResponseBase) -> None:
    """Let nginx keep this answer for a second, unless anything about it or its request is personal.

    Call this only for answers that depend on nothing but the URL, a cookie, a token, the origin, and what the request
    accepts: nginx knows nothing else.
    """
    if settings.TRUST_PROXY and is_impersonal(request) and not request.COOKIES and _is_for_everybody(response):
        response.headers[HEADER] = str(SECONDS)


def is_impersonal(request: HttpRequest) -> bool:
    """Whether the request only reads and, if its cookies are left aside, says nothing about who has sent it."""
    return (
        request.method in READING_METHODS
        and "Authorization" not in request.headers
        and "Origin" not in request.headers
        and "invite" not in request.GET
    )


def _is_for_everybody(response: HttpResponseBase) -> bool:
    cache_control = response.get("Cache-Control", "")
    is_private = response.cookies or "private" in cache_control or "no-store" in cache_control
    return response.status_code == HTTPStatus.OK and not is_private
