"""Test reporting events and resolving the reports."""

import re
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.exceptions import AccountSuspended
from accounts.models import User
from accounts.services import purge_user, suspend_user
from events.exceptions import AlreadyReported, InvalidText, OwnEventReported
from events.models import Event, EventReport
from events.services import delete_event, has_open_report, report_event, resolve_reports
from events.services import events as event_services
from notifications.delivery.sweeper import sweep
from tests.makers import MakeEvent, MakeUser

pytestmark = pytest.mark.django_db
DISMISSED = EventReport.Outcome.DISMISSED


def test_report_is_open_and_has_what_was_written(make_event: MakeEvent, stranger: User, at: datetime) -> None:
    event = make_event()

    report_event(event, actor=stranger, at=at, reason="spam", text="Posted\r\ntwice")

    report = EventReport.objects.unresolved().get()
    assert (report.event, report.reporter, report.reason, report.text) == (event, stranger, "spam", "Posted\ntwice")
    assert (report.created_at, report.resolved_at, report.outcome) == (at, None, "")


def test_second_report_is_refused_while_the_first_is_open(
    make_event: MakeEvent, stranger: User, subscriber: User, at: datetime
) -> None:
    event = make_event()
    report_event(event, actor=stranger, at=at, reason="spam")

    with pytest.raises(AlreadyReported):
        report_event(event, actor=stranger, at=at, reason="illegal")
    report_event(event, actor=subscriber, at=at, reason="spam")
    report_event(make_event(), actor=stranger, at=at, reason="spam")

    assert EventReport.objects.count() == 3


def test_event_can_be_reported_again_once_the_report_is_resolved(
    make_event: MakeEvent, stranger: User, at: datetime
) -> None:
    event = make_event()
    for _ in range(2):
        report_event(event, actor=stranger, at=at, reason="spam")
        assert has_open_report(event, reader=stranger)
        assert resolve_reports(EventReport.objects.all(), at=at, outcome=DISMISSED) == 1
        assert not has_open_report(event, reader=stranger)

    assert EventReport.objects.count() == 2


def test_event_is_locked_before_the_person_as_in_a_sweep(make_event: MakeEvent, stranger: User, at: datetime) -> None:
    event = make_event()

    with CaptureQueriesContext(connection) as queries:
        report_event(event, actor=stranger, at=at, reason="spam")

    read = [re.findall(r"FROM .(\w+)", each["sql"])[:1] for each in queries if each["sql"].startswith("SELECT")]
    assert read == [["events_event"], ["accounts_user"]]


def test_own_event_cannot_be_reported(make_event: MakeEvent, organiser: User, at: datetime) -> None:
    with pytest.raises(OwnEventReported):
        report_event(make_event(), actor=organiser, at=at, reason="spam")


def test_suspended_person_cannot_report(make_event: MakeEvent, stranger: User, at: datetime) -> None:
    event = make_event()
    suspend_user(stranger, at=at)

    with pytest.raises(AccountSuspended):
        report_event(event, actor=stranger, at=at, reason="spam")


def test_deleted_event_cannot_be_reported(make_event: MakeEvent, organiser: User, stranger: User, at: datetime) -> None:
    event = make_event()
    delete_event(event, actor=organiser, at=at)

    with pytest.raises(Event.DoesNotExist):
        report_event(event, actor=stranger, at=at, reason="spam")


def test_text_may_have_the_most_letters_and_no_more(make_event: MakeEvent, stranger: User, at: datetime) -> None:
    event = make_event()

    with pytest.raises(InvalidText) as refusal:
        report_event(event, actor=stranger, at=at, reason="spam", text="x" * 2001)
    report_event(event, actor=stranger, at=at, reason="spam", text="x" * 2000)

    assert refusal.value.field == "text"


def test_resolving_leaves_what_was_resolved_before(
    make_event: MakeEvent, stranger: User, subscriber: User, at: datetime
) -> None:
    event, later = make_event(), at + timedelta(hours=1)
    report_event(event, actor=stranger, at=at, reason="spam")
    resolve_reports(event.reports.all(), at=at, outcome=DISMISSED)
    report_event(event, actor=subscriber, at=at, reason="spam")

    assert resolve_reports(event.reports.all(), at=later, outcome=EventReport.Outcome.ACTED) == 1

    resolved = EventReport.objects.order_by("pk").values_list("resolved_at", "outcome")
    assert list(resolved) == [(at, "dismissed"), (later, "acted")]


def test_unresolved_reports_come_oldest_first_with_how_many_the_event_has(
    make_event: MakeEvent, make_user: MakeUser, at: datetime
) -> None:
    events = [make_event(), make_event()]
    for number, event in enumerate([events[0], events[1], events[0]]):
        report_event(event, actor=make_user(f"reader{number}"), at=at, reason="other")
    resolve_reports(EventReport.objects.filter(event=events[1]), at=at, outcome=DISMISSED)

    found = EventReport.objects.unresolved().with_open_count()

    assert [(each.reporter.username, each.open_count) for each in found] == [("reader0", 2), ("reader2", 2)]


def test_reports_go_with_their_event(
    make_event: MakeEvent,
    make_user: MakeUser,
    organiser: User,
    at: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(event_services, "PURGE_CHUNK", 2)
    event = make_event()
    for number in range(3):
        report_event(event, actor=make_user(f"reader{number}"), at=at, reason="spam")
    delete_event(event, actor=organiser, at=at)

    sweep()

    assert not EventReport.objects.exists()
    assert not Event.objects.filter(pk=event.pk).exists()


def test_reports_go_with_who_made_them(make_event: MakeEvent, stranger: User, at: datetime) -> None:
    report_event(make_event(), actor=stranger, at=at, reason="spam")

    purge_user(stranger)

    assert not EventReport.objects.exists()


@pytest.mark.parametrize("state", [{"is_open": None}, {"resolved_at": datetime(2027, 1, 1).astimezone()}])
def test_report_is_either_open_or_resolved(
    make_event: MakeEvent, stranger: User, at: datetime, state: dict[str, object]
) -> None:
    report = report_event(make_event(), actor=stranger, at=at, reason="spam")

    with pytest.raises(IntegrityError), transaction.atomic():
        EventReport.objects.filter(pk=report.pk).update(**state)
