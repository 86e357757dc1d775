"""Test the essential journeys in Firefox, which has policies, date inputs and prefetching of its own."""

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser.people import LOG_IN, PASSWORD, POST, REMIND
from tools.stage.firefox import firefox_path
from tools.stage.live import Deployment

pytestmark = [pytest.mark.browser, pytest.mark.live]

SCRIPT = Path(__file__).with_name("firefox.mjs")
NAME = "fiona"
PAGES = [
    "/accounts/profile/",
    "/notifications/preferences/",
    "/accounts/sessions/",
    "/accounts/calendar/",
    "/subscriptions/",
    "/events/mine/",
    "/events/import/",
    f"/people/{NAME}/",
]


def test_people_sign_up_post_subscribe_and_are_reminded_in_firefox(deployment: Deployment, tmp_path: Path) -> None:
    deployment.shell(LOG_IN.format(name="giles", password=PASSWORD))
    event = deployment.shell(POST.format(name="giles", headline="Recital"))
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    journey = {
        "url": deployment.web_url,
        "name": NAME,
        "email": f"{NAME}@example.org",
        "password": PASSWORD,
        "event": event,
        "title": "Firefox choir",
        "day": day.isoformat(),
        "pages": [f"/events/month/{day.year}/{day.month}/", *PAGES],
        "hosts": [urlsplit(deployment.web_url).netloc, urlsplit(deployment.feed_url).netloc],
    }
    said: Any = {"complaints": ["Firefox did not start"]}
    with subprocess.Popen(
        ["node", SCRIPT, firefox_path(), tmp_path, json.dumps(journey)],
        env={**os.environ, "TZ": "Europe/Rome", "HOME": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as firefox:
        assert firefox.stdin
        assert firefox.stdout
        for line in firefox.stdout:
            said = json.loads(line)
            if said == "remind":
                deployment.shell(REMIND.format(name=NAME, headline="Vigil", count=1, seconds=0, password=PASSWORD))
                firefox.stdin.write("\n")
                firefox.stdin.flush()

    assert "\n".join(said["complaints"]) == ""
    shown = said["shown"]
    assert shown["zone"] == "Europe/Rome"
    assert f"Welcome, {NAME}" in shown["welcome"]
    assert (shown["posted"], shown["subscribed"]) == ("Firefox choir", 1)
    assert "Vigil" in shown["toast"]
    assert (shown["unread"][:4], shown["reminded"]) == ("(1) ", "Vigil")
    assert "Vigil" in shown["inbox"]
    assert not shown["read"].startswith("(")
