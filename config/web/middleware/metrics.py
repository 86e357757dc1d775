"""Metrics of web: counting requests, and answering `/metrics`."""

import time

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from config import metrics
from config.web.middleware import GetResponse

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class MetricsMiddleware:
    """Count requests by the pattern of their URL, and answer `/metrics`. Without METRICS it is not used.

    It comes before the check of the host, because Prometheus asks for the address of the process itself. A request that
    a proxy has passed on, which has X-Real-IP, is answered as if there were no such page.
    """

    def __init__(self, get_response: GetResponse) -> None:
        if not settings.METRICS:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info == "/metrics" and "X-Real-IP" not in request.headers:
            return HttpResponse(metrics.exposition(metrics.OF_DATABASE), content_type=CONTENT_TYPE_PLAIN_0_0_4)
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        # Static files, and URLs that match nothing, are one route, so that nobody can make up any number of labels.
        route = match.route if match else "none"
        method = request.method if request.method in METHODS else "other"
        metrics.REQUESTS.labels(route, method, f"{response.status_code // 100}xx").inc()
        metrics.REQUEST_SECONDS.labels(route).observe(time.perf_counter() - began)
        return response
