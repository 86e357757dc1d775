"""Test that ical.js, which Thunderbird and Nextcloud use, reads the calendar feeds of a running site."""

import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import vobject

from tools.stage.live import Deployment

pytestmark = pytest.mark.browser

# Posts three events, and prints the path of a subscriber's feed and what the feeds should say.
POST = r"""
import json
from datetime import timedelta
from zoneinfo import ZoneInfo
from accounts.services import create_user
from config.database import database_now
from events.services import cancel_event, create_event, renew_feed, subscribe
at = database_now()
owner, reader = (create_user(username=name, email=f"{name}@example.org", password="x") for name in ("icalo", "icalr"))
noon = (at + timedelta(days=9)).replace(hour=12, minute=0, second=0, microsecond=0)
texts = dict(description="Bring a coat; please,\n\nand C:\\new 👩‍👩‍👧 e\u0301 " + "漢" * 90, location="Pier 3, “Rome”")
posted = [
    create_event(actor=owner, at=at, headline="Concert; with, commas", starts_at=noon, state="public",
        ends_at=noon + timedelta(hours=2), **texts),
    create_event(actor=owner, at=at, headline="Days", starts_at=noon, all_day=True, time_zone="Asia/Tokyo",
        state="public"),
    create_event(actor=owner, at=at, headline="שלום", starts_at=noon, state="private"),
]
for event in posted:
    subscribe(event, actor=reader, at=at, leads=[60], invite=event.invite_token)
cancel_event(posted[2], actor=owner, at=at)
posted[2].refresh_from_db()
def facts(event):
    first = event.local_starts_at.date()
    return {
        "summary": event.headline, "description": event.description, "location": event.location,
        "start": str(first) if event.all_day else f"{event.starts_at:%Y-%m-%dT%H:%M:%SZ}",
        "end": str(event.last_day + timedelta(days=1)) if event.all_day
            else f"{event.ends_at or event.starts_at:%Y-%m-%dT%H:%M:%SZ}",
        "status": "CANCELLED" if event.is_cancelled else "CONFIRMED", "path": f"/events/{event.pk}/"}
print(json.dumps([f"/feeds/{renew_feed(reader, at=at).token}.ics", [facts(event) for event in posted]]))
"""
# Reads the calendar on standard input.
READ = """
import ICAL from "ical.js";
import { text } from "node:stream/consumers";
const calendar = new ICAL.Component(ICAL.parse(await text(process.stdin)));
const read = (component) => {
  const event = new ICAL.Event(component);
  const { summary, description, location, startDate, endDate } = event;
  const url = component.getFirstPropertyValue("url");
  return { summary, description, location, url, start: `${startDate}`, end: `${endDate}`,
    status: component.getFirstPropertyValue("status"), alarms: component.getAllSubcomponents("valarm").length };
};
console.log(JSON.stringify({
  name: calendar.getFirstPropertyValue("x-wr-calname"),
  refresh: calendar.getFirstPropertyValue("refresh-interval").toSeconds(),
  events: calendar.getAllSubcomponents("vevent").map(read),
}));
"""


def expected(facts: dict[str, Any], site: str) -> dict[str, Any]:
    """Return what programs should read of an event: its URL, too, and once more below its description."""
    url = site + facts["path"]
    shown = {name: value for name, value in facts.items() if name != "path"}
    location = facts["location"] or None
    return shown | {
        "url": url,
        "location": location,
        "description": "\n".join(filter(None, [facts["description"], url])),
    }


def test_feeds_are_read_by_ical_js_and_vobject(deployment: Deployment) -> None:
    site = deployment.web_url.rstrip("/")
    personal, facts = json.loads(deployment.shell(POST))
    for path, count, alarms in (("/people/icalo/events.ics", 2, 0), (personal, 3, 0), (f"{personal}?alarms=1", 3, 1)):
        with urlopen(site + path) as response:  # noqa: S310 - the site of the tests
            content = response.read().decode()
        node = ["node", "--input-type=module", "--eval", READ]
        run = subprocess.run(
            node, input=content, cwd=Path(__file__).parent, capture_output=True, text=True, check=True, timeout=60
        )
        read = json.loads(run.stdout)

        assert read["refresh"] == 3600
        assert read["name"].startswith("Event manager: ")
        by_start = sorted(read["events"], key=lambda event: [each["summary"] for each in facts].index(event["summary"]))
        assert by_start == [
            expected(each, site) | {"alarms": alarms if each["status"] == "CONFIRMED" else 0} for each in facts[:count]
        ]
        assert {event.summary.value for event in vobject.readOne(content).vevent_list} == {
            each["summary"] for each in facts[:count]
        }
