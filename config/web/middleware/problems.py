"""Errors: problem details below /api/, and 503 everywhere while the database is unavailable."""

import logging
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from rest_framework.response import Response

from config.api.problems import CONTENT_TYPE, problem_of_status
from config.web.middleware import GetResponse
from config.web.requests import is_api

logger = logging.getLogger(__name__)

# After how long clients should try again while the database is unavailable.
RETRY_AFTER_SECONDS = 5


class ProblemMiddleware:
    """Turn every error page below /api/ into problem details, and answer 503 while the database is unavailable.

    Error pages come from unknown URLs, from refusals of other middleware and from failures, which Django has already
    logged. This middleware must be outside all others that may answer with an error page.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code < HTTPStatus.BAD_REQUEST or not is_api(request):
            return response
        # Responses of DRF have been through `problem_handler`. In the browsable API they are pages, and stay so.
        is_page = not isinstance(response, Response) and response.get("Content-Type") != CONTENT_TYPE
        return _as_problem(response) if is_page else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 503 if a view or a template has failed because the database is unavailable."""
        if not isinstance(exception, OperationalError | InterfaceError):
            return None
        logger.error("the database failed: %s %s", request.method, request.path, exc_info=exception)
        # Rendered without the request, because reading its user would need the database. Below /api/, `__call__`
        # replaces this page by problem details.
        response = HttpResponse(render_to_string("503.html"), status=HTTPStatus.SERVICE_UNAVAILABLE)
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response


def _as_problem(response: HttpResponseBase) -> HttpResponse:
    """Return problem details with the status of an error page, and with its headers except those of the body."""
    problem = problem_of_status(HTTPStatus(response.status_code))
    answer = JsonResponse(problem.as_json(), status=problem.status, content_type=CONTENT_TYPE)
    for name, value in response.items():
        if name.lower() not in {"content-type", "content-length"}:
            answer[name] = value
    answer.cookies = response.cookies
    return answer
