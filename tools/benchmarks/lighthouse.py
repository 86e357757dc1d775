"""Run Lighthouse on the main pages of the demo, and print the median of five runs.

`make lighthouse` runs it, and for example `make lighthouse ARGS="--runs 1 home inbox"` only a part of it.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from tools.stage.live import Deployment

PROGRAM = Path(__file__).parent / "node_modules" / ".bin" / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
PRESETS = {"phone": [], "desktop": ["--preset=desktop"]}
# The score that each category must reach.
WANTED = 98
TRIES = 3

LOG_IN = """
from accounts.models import User
from django.test import Client

client = Client()
client.force_login(User.objects.get(username="sam"))
print(client.cookies["sessionid"].value)
"""
PUBLIC = """
from events.models import Event

print(Event.objects.listed().order_by("pk").values_list("pk", flat=True)[0])
"""


class Page(NamedTuple):
    path: str
    options: list[str]


class Verdict(NamedTuple):
    """Scores out of 100 in the order of CATEGORIES, and how far the layout shifted."""

    scores: tuple[float, ...]
    shift: float


def pages_of(deployment: Deployment) -> dict[str, Page]:
    cookie = json.dumps({"Cookie": f"sessionid={deployment.shell(LOG_IN)}"})
    # Skip the audit whether search engines may index the page, because robots.txt forbids it on purpose.
    own = [f"--extra-headers={cookie}", "--skip-audits=is-crawlable"]
    today = datetime.now(UTC)
    return {
        "home": Page("/", []),
        "event": Page(f"/events/{deployment.shell(PUBLIC)}/", []),
        "month": Page(f"/events/month/{today.year}/{today.month}/", []),
        "login": Page("/accounts/login/", []),
        "inbox": Page("/notifications/", own),
        "post": Page("/events/new/", own),
        "settings": Page("/accounts/profile/", own),
    }


def judge(url: str, options: list[str]) -> Verdict:
    """Run Lighthouse once, and try again if it fails, for example because Chromium is slow to start.

    Raises:
        RuntimeError: it failed each time. The message is its last output.
    """
    command = [str(PROGRAM), url, *options, "--quiet", "--output=json", "--output-path=stdout"]
    command += [f"--only-categories={','.join(CATEGORIES)}", "--chrome-flags=--headless=new --no-sandbox --disable-gpu"]
    environment = {**os.environ, "CHROME_PATH": shutil.which("chromium") or "/usr/bin/chromium"}
    for _ in range(TRIES):
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if not done.returncode:
            return verdict_of(json.loads(done.stdout))
    raise RuntimeError(done.stderr)


def verdict_of(report: dict[str, Any]) -> Verdict:
    scores = tuple(100 * report["categories"][name]["score"] for name in CATEGORIES)
    return Verdict(scores, report["audits"]["cumulative-layout-shift"]["numericValue"])


def median_of(verdicts: list[Verdict]) -> Verdict:
    scores = tuple(map(statistics.median, zip(*(each.scores for each in verdicts), strict=True)))
    return Verdict(scores, statistics.median(each.shift for each in verdicts))


def main(arguments: list[str]) -> int:
    """Print a line for each page and preset. Return 1 if a score is below WANTED or a layout shifts, otherwise 0."""
    parser = argparse.ArgumentParser(prog="make lighthouse")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("names", nargs="*", metavar="page")
    options = parser.parse_args(arguments)
    write(f"{'':16}{''.join(f'{name:>16}' for name in CATEGORIES)}{'layout shift':>16}")
    is_good = True
    with Deployment() as deployment:
        deployment.manage("load_demo")
        for name, page in pages_of(deployment).items():
            for preset, flags in PRESETS.items():
                if options.names and name not in options.names:
                    continue
                url, flags = deployment.web_url + page.path, [*flags, *page.options]
                found = median_of([judge(url, flags) for _ in range(options.runs)])
                write(f"{name + ' ' + preset:16}{''.join(f'{each:16.0f}' for each in found.scores)}{found.shift:16.4f}")
                is_good &= min(found.scores) >= WANTED and found.shift < 0.0001
    return 0 if is_good else 1


def write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
