"""Metrics: what counting requests for `/metrics` costs of an event's detail, on SQLite, while two webs take turns."""

import shutil
from collections.abc import Iterator
from statistics import median

from tools.benchmarks.servers import ARRANGE
from tools.benchmarks.work import requests_per_second, start_beside
from tools.stage.live import Deployment

ROUNDS = 15


def run() -> Iterator[str]:
    """Yield the requests per second with and without METRICS, and the ratio."""
    if not shutil.which("wrk"):
        yield "left out: wrk is not installed (apt install wrk)"
        return
    with Deployment(parts=["web"]) as deployment:
        path = f"/api/v1/events/{deployment.shell(ARRANGE)}/"
        urls = {
            "without": deployment.web_url + path,
            "with": start_beside(deployment, "metered", METRICS="true") + path,
        }
        rates: dict[str, list[float]] = {name: [] for name in urls}
        for _ in range(ROUNDS):
            for name, url in urls.items():
                rates[name].append(requests_per_second(url))
    ratio = median(metered / other for metered, other in zip(rates["with"], rates["without"], strict=True))
    yield f"{median(rates['without']):.0f}/s without, {median(rates['with']):.0f}/s with, ratio {ratio:.3f}"
