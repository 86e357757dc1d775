"""Give requests their ids, and log those that can change data and those that are slow."""

import logging
import time

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from rest_framework.permissions import SAFE_METHODS
from whitenoise.middleware import WhiteNoiseFileResponse

from config.logs import context
from config.web.middleware import GetResponse

logger = logging.getLogger(__name__)

HEADER = "X-Request-ID"


class RequestLogMiddleware:
    """Give each request the id with which everything about it is logged, and return that in X-Request-ID.

    The id is the proxy's if TRUST_PROXY is on. Files have none, because caches keep them. This middleware must be
    outside all others, which may log refusals.

    Reads that are quick are not logged, because the proxy has a log of all requests.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        request_id = context.begin(context.id_from_proxy(request.META.get("HTTP_X_REQUEST_ID", "")))
        response = self.get_response(request)
        seconds = time.perf_counter() - began
        if not isinstance(response, WhiteNoiseFileResponse):
            response.headers[HEADER] = request_id
        if seconds >= settings.LOG_SLOW_REQUEST_SECONDS:
            _log(logging.WARNING, request, response, seconds)
        elif request.method not in SAFE_METHODS:
            _log(logging.INFO, request, response, seconds)
        return response


def _log(level: int, request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    """Log the pattern of the URL, because the URL itself may contain the secret part of a link."""
    route = f"/{request.resolver_match.route}" if request.resolver_match else "no route"
    fields = {
        "method": request.method,
        "route": route,
        "status": response.status_code,
        "seconds": round(seconds, 3),
    }
    logger.log(level, "%s %s answered %d in %.3f s", *fields.values(), extra=fields)
