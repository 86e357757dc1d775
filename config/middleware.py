"""Middleware of the whole site: the Content-Security-Policy, and problem+json below /api/."""

from csp.constants import UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase


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
            host = request.get_host().rsplit(":", 1)[0]
            update["connect-src"] = [f"ws://{host}:{settings.FEED_PORT}"]
        if request.path.startswith(("/api/", "/admin/")):
            update["style-src"] = [UNSAFE_INLINE]
        parts.update = update
        return parts


class ProblemMiddleware:
    """Replaced by the API."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)
