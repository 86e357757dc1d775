"""Rate limits: how many requests a network can make, and how many writes a user can make."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string

from config.api.problems import CONTENT_TYPE, problem_of_refusal
from config.limits.rates import RateLimited, count_by_network, count_write
from config.web.middleware import GetResponse
from config.web.requests import HEALTH_PATHS, is_api


class RateLimitMiddleware:
    """Limit the requests of each network, and answer 429 when any rate limit is exceeded.

    This middleware must be inside whitenoise, so that static files do not count, and outside everything that queries
    the database.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info not in HEALTH_PATHS:
            try:
                count_by_network(request, "requests")
            except RateLimited as refusal:
                return _limited(request, refusal)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 429 when a view has raised RateLimited because its page has no form that could show the refusal."""
        return _limited(request, exception) if isinstance(exception, RateLimited) else None


class WriteLimitMiddleware:
    """Limit the writes of each user on pages. The API counts writes itself, after it has authenticated the caller."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_api(request):
            try:
                count_write(request)
            except RateLimited as refusal:
                return _limited(request, refusal)
        return self.get_response(request)


def _limited(request: HttpRequest, refusal: RateLimited) -> HttpResponse:
    """Return 429 with Retry-After: problem details below /api/, a page elsewhere."""
    response: HttpResponse
    if is_api(request):
        problem = problem_of_refusal(refusal)
        response = JsonResponse(problem.as_json(), status=refusal.status, content_type=CONTENT_TYPE)
    else:
        # Rendered without the request, because reading its user would need the database.
        response = HttpResponse(render_to_string("429.html", {"refusal": refusal}), status=refusal.status)
    response["Retry-After"] = str(refusal.wait)
    return response
