"""Check worker and beat, over the broker."""

import time

from celery import Celery
from celery.app.control import Inspect
from django.conf import settings

from config.doctor.advice import starting
from config.doctor.findings import Finding, failed, ok
from config.doctor.redis_server import connected

# How long workers have for an answer. There may be several workers, so the checks always wait for all of it.
ANSWER_SECONDS = 1.5
SWEEP, QUEUE = "notifications.sweep", "sweep"
# How much later than expected the request of a busy beat may come.
GRACE_SECONDS = 2.0
BEAT_SECONDS = settings.NOTIFICATION_SWEEP_SECONDS + GRACE_SECONDS


def worker_finding() -> Finding:
    answers = _workers().active_queues() or {}
    serving = [name for name, queues in answers.items() if any(queue["name"] == QUEUE for queue in queues)]
    if not answers:
        return failed("no worker answers", starting("worker"))
    if not serving:
        return failed(f"no worker serves the queue {QUEUE!r}", "Start one with --queues sweep,default.")
    return ok(f"{len(serving)} answering: {', '.join(sorted(serving))}")


def beat_finding() -> Finding:
    """Watch whether sweeps are requested: workers count the requests, and without a worker the queue grows."""
    counted, waiting = _requests_received(), _queue_length()
    until = time.monotonic() + BEAT_SECONDS
    while time.monotonic() < until:
        time.sleep(0.2)
        if _queue_length() > waiting or (counted is not None and _requests_received() != counted):
            return ok(f"requests sweeps, as it should every {settings.NOTIFICATION_SWEEP_SECONDS:g} s")
    return failed(f"no sweep was requested for {BEAT_SECONDS:g} s", starting("beat"))


def _workers() -> Inspect:
    """Return what asks all workers, over the broker of the settings."""
    app = Celery("doctor", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    return app.control.inspect(timeout=ANSWER_SECONDS)


def _requests_received() -> int | None:
    """Return how many requests the workers have received since they started, or None if none of them answers."""
    answers = _workers().stats()
    return sum(each["total"].get(SWEEP, 0) for each in answers.values()) if answers else None


def _queue_length() -> int:
    with connected() as client:
        return int(client.llen(QUEUE))
