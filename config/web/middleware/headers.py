"""Headers that say what browsers and caches may do with a response."""

from contextlib import suppress

from csp.constants import UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers

from config.web.middleware import GetResponse
from config.web.requests import READING_METHODS, feed_origin, is_api

PERMISSIONS_POLICY = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """Extend the policy of the settings by what depends on the request.

    The feed may listen on another port of the same host, which 'self' does not cover. Swagger UI, the browsable API and
    the admin need inline styles.
    """

    def get_policy_parts(
        self,
        request: HttpRequest,
        response: HttpResponseBase,
        report_only: bool = False,
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if report_only:
            return parts
        update = dict(parts.update or {})
        # An unknown host has already been refused and logged, and the page of that refusal opens no feed.
        with suppress(DisallowedHost):
            if origin := feed_origin(request):
                update["connect-src"] = [origin]
        if request.path.startswith(("/api/", "/admin/")):
            update["style-src"] = [UNSAFE_INLINE]
        parts.update = update
        return parts


class PermissionsPolicyMiddleware:
    """Give every page a Permissions-Policy, because ours use none of the features that it turns off."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Permissions-Policy"] = PERMISSIONS_POLICY
        return response


class NoStoreMiddleware:
    """Keep private responses of the API out of caches: those to a session, a token, an invite or a write."""

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
        return response
