"""Headers that tell browsers and caches what they can do with an answer."""

from contextlib import suppress

from csp.constants import UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers

from config.web.middleware import GetResponse
from config.web.requests import is_api

PERMISSIONS_POLICY = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """Widen the policy of the settings by what depends on the request.

    The feed may listen on another port of the same host, and 'self' does not cover that. Swagger UI, the browsable
    API and the admin style elements inline.
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
        if settings.FEED_PORT:
            # A host that is not ours has been refused and logged by now: its page opens no feed.
            with suppress(DisallowedHost):
                host = request.get_host().rsplit(":", 1)[0]
                scheme = "wss" if request.is_secure() else "ws"
                update["connect-src"] = [f"{scheme}://{host}:{settings.FEED_PORT}"]
        if request.path.startswith(("/api/", "/admin/")):
            update["style-src"] = [UNSAFE_INLINE]
        parts.update = update
        return parts


class PermissionsPolicyMiddleware:
    """Give every answer a Permissions-Policy: our pages use none of what a browser could grant them."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Permissions-Policy"] = PERMISSIONS_POLICY
        return response


class NoStoreMiddleware:
    """Keep out of every cache what the API answers to somebody: to a login, a token, an invite, or to a write."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if is_api(request) and not response.has_header("Cache-Control"):
            is_private = (
                request.method not in {"GET", "HEAD"}
                or "Authorization" in request.headers
                or settings.SESSION_COOKIE_NAME in request.COOKIES
                or "invite" in request.GET
            )
            # "no-cache" lets a cache keep it and ask each time whether it still holds.
            response["Cache-Control"] = "no-store" if is_private else "no-cache"
            patch_vary_headers(response, ["Authorization", "Cookie"])
        return response
