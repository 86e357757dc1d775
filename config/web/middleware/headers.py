"""Headers that say what browsers and caches may do with a response."""

import functools
from http import HTTPStatus

from csp.constants import HEADER, UNSAFE_INLINE
from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers

from config.web.middleware import GetResponse
from config.web.requests import READING_METHODS, feed_origin, is_api
from config.web.sharing import share

PERMISSIONS_POLICY = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
# The statuses of the pages that Django shows about errors while DEBUG is on.
DEBUG_PAGES = {HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR}


class ContentSecurityPolicyMiddleware:
    """Send the policy of the settings, extended by what depends on the request.

    The feed may listen on another port of the same host, which 'self' does not cover. Swagger UI, the browsable API and
    the admin need inline styles. So do the pages that Django shows about errors while DEBUG is on: they have no policy.

    django-csp's own middleware is not used, because it builds the same few policies for each response.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if settings.DEBUG and response.status_code in DEBUG_PAGES:
            return response
        # An unknown host has already been refused and logged, and the page of that refusal opens no feed.
        try:
            feed = feed_origin(request)
        except DisallowedHost:
            feed = None
        response[HEADER] = _policy(feed, has_inline_styles=request.path.startswith(("/api/", "/admin/")))
        return response


@functools.lru_cache(maxsize=100)
def _policy(feed: str | None, *, has_inline_styles: bool) -> str:
    connect, style = [feed] if feed else None, [UNSAFE_INLINE] if has_inline_styles else None
    return build_policy(update={"connect-src": connect, "style-src": style})


class PageHeadersMiddleware:
    """Give every answer but static files the headers that only documents need.

    Our pages use none of the features that the Permissions-Policy turns off, and no window needs to know its opener.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Permissions-Policy"] = PERMISSIONS_POLICY
        response["Cross-Origin-Opener-Policy"] = "same-origin"
        return response


class NoStoreMiddleware:
    """Keep private responses of the API out of caches: those to a session, a token, an invite or a write.

    nginx may share what is left for a second. It is no cache on the way: "no-cache" is about those.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if is_api(request) and not response.has_header("Cache-Control"):
            is_private = (
                request.method not in READING_METHODS
                or "Authorization" in request.headers
                or settings.SESSION_COOKIE_NAME in request.COOKIES
                or "invite" in request.GET
            )
            # "no-cache" allows a cache to store the response, but it must ask each time whether it is still current.
            response["Cache-Control"] = "no-store" if is_private else "no-cache"
            patch_vary_headers(response, ["Authorization", "Cookie"])
            share(request, response)
        return response
