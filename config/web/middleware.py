"""Middleware of the whole site: the Content-Security-Policy, the reader's language, compression, rate limits, and what
holds for every answer below /api/.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from http import HTTPStatus
from typing import cast

from csp.constants import UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse
from django.middleware.common import CommonMiddleware as DjangoCommonMiddleware
from django.middleware.gzip import GZipMiddleware
from django.middleware.locale import LocaleMiddleware as DjangoLocaleMiddleware
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_vary_headers
from rest_framework.response import Response

from config.api.problems import CONTENT_TYPE, Problem
from config.limits.rates import RateLimited, count_by_address, count_write
from config.web.requests import HEALTH_PATHS

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# What a form can send. Views take fewer, and say so.
PAGE_METHODS = ["GET", "HEAD", "POST"]
# Programs read the API: what it says is the same for all of them.
API_LANGUAGE = "en"
# How long a client should leave a database alone that is away.
RETRY_AFTER_SECONDS = 5
PERMISSIONS_POLICY = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
DETAIL_BY_STATUS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this URL. All URLs of this API end with a slash.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong, and the error has been logged.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database can’t be reached. Try again in a few seconds.",
}


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


class PageCompressionMiddleware(GZipMiddleware):
    """Compress pages, padded at random as Django does against BREACH; neither files nor what the API answers.

    Nor a page that holds an invite when its address brings anything: it repeats its address, and its length would say
    how near a guess comes.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if _is_api(request) or not isinstance(response, HttpResponse):  # one that is sent while it is written
            return response
        is_page = response.get("Content-Type", "").startswith("text/html")
        if not is_page or (request.META.get("QUERY_STRING") and b"?invite=" in response.content):
            return response
        return super().process_response(request, response)


class CommonMiddleware(DjangoCommonMiddleware):
    """Leave a write without its trailing slash a 404: a client would follow a redirect with a GET, without the body."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return request.method in {"GET", "HEAD"} and super().should_redirect_with_slash(request)


class PageMethodsMiddleware:
    """Refuse what no form sends everywhere but below /api/: views would take it for a GET and show their page."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in PAGE_METHODS and not _is_api(request):
            return HttpResponseNotAllowed(PAGE_METHODS)
        return self.get_response(request)


class LocaleMiddleware(DjangoLocaleMiddleware):
    """Answer in the language that the reader has chosen, else in one that their browser asks for; the API in English.

    Inside whitenoise, whose files are the same in every language, and outside all that may answer with a page. The
    language ends with the answer: whatever this thread does next has its own.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _is_api(request):
            with translation.override(API_LANGUAGE):
                return cast(HttpResponseBase, self.get_response(request))
        with translation.override(settings.LANGUAGE_CODE):
            response = cast(HttpResponseBase, super().__call__(request))
        # The choice is a cookie.
        patch_vary_headers(response, ["Cookie"])
        return response


class ProblemMiddleware:
    """Turn every error page below /api/ into a problem: unknown addresses, what other middleware refuses, failures.
    Everywhere say 503, not 500, while the database is away.

    The outermost of all, so that it sees what each of them answers. Failures have been logged by Django by then.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code < HTTPStatus.BAD_REQUEST or not _is_api(request):
            return response
        # What DRF answers went through `problem_handler`, and a browser may have it within the browsable API.
        is_page = not isinstance(response, Response) and response.get("Content-Type") != CONTENT_TYPE
        return _as_problem(response) if is_page else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 503 while the database is away, wherever in a view or a template that shows."""
        if not isinstance(exception, OperationalError | InterfaceError):
            return None
        logger.error("the database failed: %s %s", request.method, request.path, exc_info=exception)
        # Rendered without the request, whose user is in the database. Below /api/ a problem takes its place.
        response = HttpResponse(render_to_string("503.html"), status=HTTPStatus.SERVICE_UNAVAILABLE)
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response


class RateLimitMiddleware:
    """Hold each address to so many requests; answer 429 wherever a limit is exceeded.

    Inside whitenoise, so that static files do not count, and outside all that asks the database.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info not in HEALTH_PATHS:
            try:
                count_by_address(request, "requests")
            except RateLimited as refusal:
                return _limited(request, refusal)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a page that has no form to say it in."""
        return _limited(request, exception) if isinstance(exception, RateLimited) else None


class WriteLimitMiddleware:
    """Hold each user to so many writes on pages; the API counts its own, once it knows who calls."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not _is_api(request):
            try:
                count_write(request)
            except RateLimited as refusal:
                return _limited(request, refusal)
        return self.get_response(request)


class NoStoreMiddleware:
    """Keep out of every cache what the API answers to somebody: to a login, a token, an invite, or to a write."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if _is_api(request) and not response.has_header("Cache-Control"):
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


class ConditionalReadMiddleware:
    """Give every read of the API an ETag, and answer 304 without a body to who has it: whoever polls, for one.

    The tag of a view's own, as events have, stays. Pages for browsers hold a CSRF token, which never is the same twice.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_read = request.method in {"GET", "HEAD"} and _is_api(request) and response.status_code == HTTPStatus.OK
        if not is_read or not isinstance(response, HttpResponse):
            return response
        if not response.has_header("ETag"):
            if response.get("Content-Type", "").startswith("text/html"):
                return response
            response["ETag"] = f'"{sha256(response.content).hexdigest()[:32]}"'
        return get_conditional_response(request, etag=response["ETag"], response=response) or response


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def _limited(request: HttpRequest, refusal: RateLimited) -> HttpResponse:
    """Return 429 with Retry-After: a problem to the API's callers, a page to everybody else."""
    response: HttpResponse
    if _is_api(request):
        problem = Problem(refusal.status, refusal.code, str(refusal))
        response = JsonResponse(problem.as_json(), status=refusal.status, content_type=CONTENT_TYPE)
    else:
        # Rendered without the request, whose user is in the database.
        response = HttpResponse(render_to_string("429.html", {"refusal": refusal}), status=refusal.status)
    response["Retry-After"] = str(refusal.wait)
    return response


def _as_problem(response: HttpResponseBase) -> HttpResponse:
    """Return a problem with the status of an error page and its headers but for those of the body."""
    status = HTTPStatus(response.status_code)
    detail = DETAIL_BY_STATUS.get(status, status.description or status.phrase)
    problem = Problem(status, status.name.lower(), detail)
    answer = JsonResponse(problem.as_json(), status=status, content_type=CONTENT_TYPE)
    for name, value in response.items():
        if name.lower() not in {"content-type", "content-length"}:
            answer[name] = value
    answer.cookies = response.cookies
    return answer
