"""Test events as iCalendar files, by reading them with our reader and with the library."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from icalendar import Calendar

from accounts.models import User
from events.calendars.entries import parse_calendar
from events.calendars.writer import write_calendar
from events.models import Event
from events.services import cancel_event, subscribe
from tests.makers import MakeEvent
from tests.pages import html_of

pytestmark = pytest.mark.django_db


def written(event: Event, *leads: int) -> bytes:
    return write_calendar([event], url_of=lambda _: "https://example.org/events/1/", leads_of=lambda _: leads)


def component(content: bytes) -> Any:
    [found] = Calendar.from_ical(content).walk("VEVENT")
    return found


def test_timed_event_is_read_back_as_it_was(make_event: MakeEvent) -> None:
    # In the hour that is repeated in Rome.
    start = datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    event = make_event(
        headline="Concert; with, commas", location="Rome", starts_at=start, ends_at=start + timedelta(hours=2)
    )

    [item] = parse_calendar(written(event), default_zone=ZoneInfo("UTC")).items

    assert item.entry is not None
    assert (item.entry.headline, item.entry.location) == (event.headline, event.location)
    assert (item.entry.starts_at, item.entry.ends_at) == (event.starts_at, event.ends_at)


def test_line_breaks_of_other_systems_are_written_as_newlines(make_event: MakeEvent) -> None:
    """Services replace them, but nothing keeps them out of the database."""
    event = make_event(description="coat")
    event.description = "a\r\nATTACH:b\rc"

    assert component(written(event))["DESCRIPTION"].splitlines()[:3] == ["a", "ATTACH:b", "c"]
    assert written(event).count(b"\r") == written(event).count(b"\r\n")


def test_whole_days_are_dates_with_an_exclusive_end(make_event: MakeEvent) -> None:
    rome = ZoneInfo("Europe/Rome")
    event = make_event(
        all_day=True,
        time_zone="Europe/Rome",
        starts_at=datetime(2027, 3, 27, tzinfo=rome),
        ends_at=datetime(2027, 3, 29, tzinfo=rome),
    )

    found = component(written(event))

    assert (found["DTSTART"].dt, found["DTEND"].dt) == (date(2027, 3, 27), date(2027, 3, 29))


def test_file_says_status_revision_and_alarms_unless_cancelled(
    make_event: MakeEvent, organiser: User, at: datetime
) -> None:
    event = make_event(actor=organiser)
    confirmed = component(written(event, 60, 1440))
    cancelled = component(written(cancel_event(event, actor=organiser, at=at), 60))

    assert [alarm["TRIGGER"].dt for alarm in confirmed.walk("VALARM")] == [
        timedelta(minutes=-60),
        timedelta(minutes=-1440),
    ]
    assert (confirmed["STATUS"], cancelled["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert confirmed["UID"] == cancelled["UID"]
    assert cancelled["SEQUENCE"] > confirmed["SEQUENCE"]
    assert cancelled.walk("VALARM") == []


def test_alarms_of_whole_days_are_at_nine_and_each_is_one(make_event: MakeEvent, at: datetime) -> None:
    event = make_event(starts_at=datetime(2027, 3, 27, tzinfo=UTC), all_day=True)

    alarms = component(written(event, 10, 60, 1440)).walk("VALARM")

    assert [alarm["TRIGGER"].dt for alarm in alarms] == [timedelta(hours=9), timedelta(hours=9 - 24)]


def test_events_of_two_installations_do_not_share_a_uid(make_event: MakeEvent, at: datetime) -> None:
    """Each installation counts ids from 1: a calendar that subscribes to two must not confuse their events."""
    event = make_event()
    elsewhere = Event(pk=event.pk, author=event.author, starts_at=at, created_at=at + timedelta(seconds=1))
    elsewhere.updated_at = at

    assert component(written(event))["UID"] != component(written(elsewhere))["UID"]


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\x85", "\u2028"])
def test_no_text_adds_a_line_to_the_file(make_event: MakeEvent, break_: str) -> None:
    event = make_event(description=f"a{break_}ATTACH:https://example.org/{break_}END:VEVENT")

    content = written(event)

    lines = {line.partition(":")[0].partition(";")[0] for line in content.decode().split("\r\n") if line[:1] != " "}
    assert "ATTACH" not in lines
    assert content.count(b"\r\nEND:VEVENT") == 1
    assert component(content)["DESCRIPTION"].splitlines()[1] == "ATTACH:https://example.org/"


def test_download_of_a_subscriber_has_their_alarms(
    client: Client, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(headline="Concert")
    subscribe(event, actor=subscriber, at=at, leads=[60])
    client.force_login(subscriber)

    response = client.get(f"/events/{event.pk}/calendar.ics")
    again = client.get(f"/events/{event.pk}/calendar.ics", headers={"if-none-match": response["ETag"]})

    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="concert.ics"'
    assert len(component(response.content).walk("VALARM")) == 1
    assert (again.status_code, again.content) == (304, b"")


def test_download_of_a_private_event_needs_its_invite(client: Client, stranger: User, make_event: MakeEvent) -> None:
    event = make_event(state="private")
    client.force_login(stranger)
    url = f"/events/{event.pk}/calendar.ics"

    assert client.get(url).status_code == 404
    invited = client.get(f"{url}?invite={event.invite_token}")
    assert component(invited.content)["URL"] == f"http://testserver/events/{event.pk}/?invite={event.invite_token}"


def test_event_page_offers_calendars_and_a_map(client: Client, make_event: MakeEvent) -> None:
    event = make_event(headline="Jazz & more", location="Piazza Navona")

    html = html_of(client, f"/events/{event.pk}/")

    assert f'href="/events/{event.pk}/calendar.ics"' in html
    assert "https://calendar.google.com/calendar/render?action=TEMPLATE&amp;text=Jazz+%26+more&amp;dates=" in html
    assert "https://outlook.live.com/calendar/0/deeplink/compose?path=" in html
    assert 'href="https://www.openstreetmap.org/search?query=Piazza+Navona"' in html
