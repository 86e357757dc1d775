"""Test the export of a person's data: what it contains, for whom, and with how many queries."""

import io
import json
from datetime import datetime, timedelta
from typing import Any
from zipfile import ZipFile

import pytest
from django.test import Client
from django.utils import timezone
from icalendar import Calendar
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.services import request_email_change
from events.models import Event
from events.services import cancel_event, delete_event, report_event, subscribe
from notifications import export
from notifications.models import Notification
from tests.makers import Api, MakeEvent, MakeUser
from tests.pages import html_of

EXPORT = "/accounts/export/"


def log_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def exported(client: Client) -> ZipFile:
    response = client.get(EXPORT)
    assert response.status_code == 200
    return ZipFile(io.BytesIO(response.getvalue()))


def rows_of(archive: ZipFile, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(archive.read(name))
    return found


def entries(archive: ZipFile, name: str) -> list[Any]:
    return list(Calendar.from_ical(archive.read(name)).walk("VEVENT"))


def fill_inbox(recipient: User, count: int, *, at: datetime, event: Event | None = None) -> None:
    Notification.objects.bulk_create(
        Notification(
            recipient=recipient,
            event=event,
            kind=Notification.Kind.MESSAGE,
            headline=f"Notification {number}",
            starts_at=at,
            time_zone="UTC",
            detail={"before": {}, "after": {}, "text": "Bring a coat."},
            source=f"announcement:{number}",
            # Some have the same time, like rows that one batch of the sweep writes.
            created_at=at - timedelta(minutes=number // 2),
            read_at=at if number % 2 else None,
        )
        for number in range(count)
    )


# ----------------------------------------------------------------------------------------------------------- the answer


def test_answer_is_a_zip_to_be_kept_nowhere_else(organiser: User) -> None:
    response = log_in(organiser).get(EXPORT)

    archive = ZipFile(io.BytesIO(response.getvalue()))
    today = timezone.now().date()
    assert archive.testzip() is None
    assert archive.namelist() == [
        "profile.json",
        "events.json",
        "events.ics",
        "subscriptions.json",
        "subscriptions.ics",
        "reports.json",
        "notifications.json",
    ]
    assert response["Content-Type"] == "application/zip"
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Disposition"] == f'attachment; filename="event-manager-organiser-{today}.zip"'


def test_answer_is_dated_in_the_readers_zone(make_user: MakeUser, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = make_user("reader", time_zone="Pacific/Kiritimati")
    moment = datetime.fromisoformat("2027-05-01T18:30:00+00:00")
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)

    response = log_in(reader).get(EXPORT)

    archive = ZipFile(io.BytesIO(response.getvalue()))
    assert "event-manager-reader-2027-05-02.zip" in response["Content-Disposition"]
    assert {info.date_time for info in archive.infolist()} == {(2027, 5, 2, 8, 30, 0)}


def test_answer_to_head_is_empty_and_reads_nothing(
    organiser: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = log_in(organiser)

    with django_assert_num_queries(2):  # session, user
        response = client.head(EXPORT)

    assert (response.status_code, response.getvalue()) == (200, b"")


def test_export_needs_a_login(client: Client, db: None) -> None:
    assert client.get(EXPORT)["Location"] == f"/accounts/login/?next={EXPORT}"


def test_export_can_be_asked_for_in_the_settings(organiser: User) -> None:
    page = html_of(log_in(organiser), "/accounts/data/")

    assert page.count(f'href="{EXPORT}"') == 1


# -------------------------------------------------------------------------------------------------------- what is in it


def test_profile_is_what_the_api_says_and_more(organiser: User, api: Api, at: datetime) -> None:
    organiser.email_verified_at = at
    organiser.mail_muted = ["message"]
    organiser.save()
    request_email_change(organiser, email="new@example.org", at=at)

    profile = json.loads(exported(log_in(organiser)).read("profile.json"))

    said = api(organiser).get("/api/v1/users/me/").json()
    assert profile | said == profile
    assert profile["pending_email"] == "new@example.org"
    assert {name: profile[name] for name in profile.keys() - said.keys()} == {
        "language": "",
        "email_verified_at": at.isoformat().replace("+00:00", "Z"),
        "pending_email_at": at.isoformat().replace("+00:00", "Z"),
        "date_joined": organiser.date_joined.isoformat().replace("+00:00", "Z"),
        "mail_muted": ["message"],
        "toast_muted": [],
    }


def test_events_are_all_own_ones_that_are_not_deleted(
    organiser: User, api: Api, make_event: MakeEvent, at: datetime
) -> None:
    events = [make_event(state=state, headline=f"Ein {state} Fest – für alle") for state in Event.State.values]
    events.append(make_event(headline="Cancelled"))
    cancel_event(events[-1], actor=organiser, at=at)
    delete_event(make_event(headline="Deleted"), actor=organiser, at=at)

    archive = exported(log_in(organiser))

    client = api(organiser)
    assert rows_of(archive, "events.json") == [client.get(f"/api/v1/events/{event.pk}/").json() for event in events]
    found = entries(archive, "events.ics")
    assert [str(entry["SUMMARY"]) for entry in found] == [event.headline for event in events]
    assert [str(entry["URL"]) for entry in found] == [f"http://testserver/events/{event.pk}/" for event in events]
    assert [str(entry["STATUS"]) for entry in found] == ["CONFIRMED"] * 3 + ["CANCELLED"]


def test_subscriptions_have_their_leads_as_reminders_and_as_alarms(
    organiser: User, subscriber: User, api: Api, make_event: MakeEvent, at: datetime
) -> None:
    public, private, deleted = (make_event(headline=name, state=name) for name in ("public", "private", "public"))
    subscribe(public, actor=subscriber, at=at, leads=[60, 1440])
    subscribe(private, actor=subscriber, at=at, leads=[])
    subscribe(deleted, actor=subscriber, at=at)
    delete_event(deleted, actor=organiser, at=at)

    archive = exported(log_in(subscriber))

    said = api(subscriber).get("/api/v1/subscriptions/").json()["results"]
    assert rows_of(archive, "subscriptions.json") == said[::-1]
    assert [row["leads"] for row in said] == [[], [1440, 60]]
    found = {str(entry["SUMMARY"]): entry for entry in entries(archive, "subscriptions.ics")}
    alarms = {name: sorted(alarm["TRIGGER"].dt for alarm in entry.walk("VALARM")) for name, entry in found.items()}
    assert alarms == {"public": [timedelta(minutes=-1440), timedelta(minutes=-60)], "private": []}
    assert rows_of(archive, "events.json") == []


def test_notifications_are_the_whole_inbox(organiser: User, api: Api, at: datetime, make_event: MakeEvent) -> None:
    fill_inbox(organiser, 3, at=at, event=make_event())

    archive = exported(log_in(organiser))

    said = api(organiser).get("/api/v1/notifications/").json()["results"]
    assert rows_of(archive, "notifications.json") == said
    assert len(said) == 3


def test_stranger_gets_nothing_of_anybody_else(
    organiser: User, subscriber: User, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)
    fill_inbox(subscriber, 2, at=at, event=event)

    archive = exported(log_in(stranger))

    assert json.loads(archive.read("profile.json"))["username"] == "stranger"
    names = ("events.json", "subscriptions.json", "notifications.json")
    assert [rows_of(archive, name) for name in names] == [[], [], []]
    assert [entries(archive, name) for name in ("events.ics", "subscriptions.ics")] == [[], []]


# ------------------------------------------------------------------------------------------------------------ its price


@pytest.mark.parametrize("chunk", [1, 2, 3, 4, 7])
def test_chunks_lose_and_repeat_nothing(
    organiser: User, subscriber: User, make_event: MakeEvent, at: datetime, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    for number in range(4):
        subscribe(make_event(headline=f"{number}"), actor=subscriber, at=at)
    fill_inbox(subscriber, 6, at=at)
    monkeypatch.setattr(export, "CHUNK", chunk)

    archive = exported(log_in(subscriber))

    headlines = sorted(row["headline"] for row in rows_of(archive, "notifications.json"))
    assert headlines == [f"Notification {number}" for number in range(6)]
    assert len({row["event"] for row in rows_of(archive, "subscriptions.json")}) == 4
    assert [str(entry["SUMMARY"]) for entry in entries(archive, "subscriptions.ics")] == ["0", "1", "2", "3"]


def test_reports_are_those_that_the_person_has_made(
    subscriber: User, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    report_event(event, actor=subscriber, at=at, reason="spam", text="Posted twice")
    report_event(event, actor=stranger, at=at, reason="illegal")

    assert rows_of(exported(log_in(subscriber)), "reports.json") == [
        {
            "event": event.pk,
            "reason": "spam",
            "text": "Posted twice",
            "created_at": at.isoformat().replace("+00:00", "Z"),
        }
    ]


@pytest.mark.parametrize("count", [1, 50])
def test_chunk_of_each_file_costs_a_query_and_of_subscriptions_two(
    organiser: User,
    stranger: User,
    make_event: MakeEvent,
    at: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for _ in range(count):
        make_event(actor=organiser)
        subscribe(make_event(actor=stranger), actor=organiser, at=at)
    fill_inbox(organiser, count, at=at)
    client = log_in(organiser)

    with django_assert_num_queries(2 + 7):  # session, user; a chunk of each
        exported(client)


def test_further_chunk_costs_one_query_more(
    organiser: User, at: datetime, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(export, "CHUNK", 10)
    client = log_in(organiser)
    fill_inbox(organiser, 35, at=at)

    with django_assert_num_queries(2 + 5 + 4):  # session, user; five other files without rows; four chunks
        exported(client)


def test_chunk_is_read_when_it_is_sent(
    organiser: User, at: datetime, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(export, "CHUNK", 10)
    fill_inbox(organiser, 35, at=at)
    client = log_in(organiser)

    with django_assert_num_queries(2):  # session, user
        response = client.get(EXPORT)

    with django_assert_num_queries(5 + 4):
        response.getvalue()
