"""Metrics for Prometheus: what processes count, and the server of those that answer no HTTP otherwise.

If PROMETHEUS_MULTIPROC_DIR is set, the processes that share it (granian's workers, or a Celery worker with its
children) are one: each serves what all of them have counted. That works for counters and histograms, not for gauges.
"""

import json
import logging
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.conf import settings
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, ThreadingWSGIServer

logger = logging.getLogger(__name__)

REQUESTS = Counter(
    "event_manager_requests",
    "Requests to web, by URL pattern, method and class of status",
    ["route", "method", "status"],
)
REQUEST_SECONDS = Histogram(
    "event_manager_request_seconds",
    "Time until web had a response, by URL pattern",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
PASS_SECONDS = Histogram(
    "event_manager_pass_seconds",
    "Duration of a sweep, or of a pass of the mailer",
    ["process"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300),
)
HANDLED = Counter(
    "event_manager_handled", "Rows that a step of the sweep handled, or emails by outcome", ["process", "step"]
)
FAILURES = Counter("event_manager_failures", "Batches and passes that failed", ["process"])
# Its mode counts only if a folder is shared: the sum of all processes, instead of one series for each process id.
SOCKETS = Gauge("event_manager_feed_sockets", "Open sockets of this feed process", multiprocess_mode="livesum")
FRAMES = Counter("event_manager_feed_frames", "Frames sent to sockets", ["kind"])
REFUSED = Counter("event_manager_feed_refused", "Sockets that were refused", ["reason"])
PUSHES = Counter("event_manager_feed_pushes", "Messages received through Redis", ["kind"])
CHECK_SECONDS = Histogram("event_manager_feed_check_seconds", "Duration of a position check")

# What web reads from the database when it is asked for metrics.
OF_DATABASE = CollectorRegistry()

Readiness = Callable[[], tuple[bool, dict[str, Any]]]


def exposition(*others: CollectorRegistry) -> bytes:
    """Return what this process, and those that share its folder, have counted, and what other registries hold.

    It is in Prometheus's text format.
    """
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    return b"".join(map(generate_latest, (registry, *others)))


def serve(readiness: Readiness | None = None) -> int | None:
    """Serve `/metrics`, and `/readyz` if `readiness` is given, on METRICS_PORT in a thread; return the port.

    Without METRICS_PORT this does nothing and returns None. `/readyz` answers 200 or 503 as `readiness` says. If the
    port cannot be served, for example because it is in use, that is logged: no process stops its work for its metrics.
    """
    if settings.METRICS_PORT is None:
        return None

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            start_response("200 OK", [("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)])
            return [exposition()]
        if path == "/readyz" and readiness:
            is_ready, found = readiness()
            start_response("200 OK" if is_ready else "503 Service Unavailable", [("Content-Type", "application/json")])
            return [json.dumps(found).encode()]
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"not found\n"]

    host, port = settings.METRICS_ADDRESS, settings.METRICS_PORT
    try:
        server = make_server(host, port, answer, ThreadingWSGIServer, handler_class=_Silent)
    except OSError as error:
        logger.error("metrics cannot be served on %s:%d, so there are none: %s", host, port, error)
        return None
    threading.Thread(target=server.serve_forever, daemon=True, name="metrics").start()
    return server.server_port


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Log no requests."""
