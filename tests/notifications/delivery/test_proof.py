"""Test the delivery report: who may see it, what it counts, and with how many queries."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.models import Event
from events.services import announce, cancel_event, delete_event, subscribe, unsubscribe, update_event
from notifications.delivery import proof
from notifications.delivery.proof import Counts, proof_of
from notifications.inbox.reading import mark_all_read
from notifications.models import Notification
from tests.makers import MakeEvent, MakeUser
from tests.notifications.delivery.sweeps import sweep_at
from tests.pages import html_of

# Session, user, event, counts, announcements, bell.
PAGE_QUERIES = 6
ROME = ZoneInfo("Europe/Rome")


@pytest.fixture
def event_with_subscribers(make_event: MakeEvent, make_user: MakeUser, at: datetime) -> Event:
    """Return an event with two subscribers."""
    event = make_event(headline="Concert", location="Rome")
    for name in ("anna", "ben"):
        subscribe(event, actor=make_user(name), at=at, leads=[60])
    return event


def report_url(event: Event) -> str:
    return f"{event.get_absolute_url()}delivery/"


def rows_of(event: Event, at: datetime) -> list[tuple[str, str, Counts]]:
    return [(each.title, each.text, each.counts) for each in proof_of(event, zone=ROME, at=at).rows]


# What it counts


def test_each_lead_and_each_announcement_is_a_row_the_last_begun_first(
    event_with_subscribers: Event, organiser: User, at: datetime
) -> None:
    announce(event_with_subscribers, actor=organiser, at=at, message="Bring shoes.")
    sweep_at(at)
    mark_all_read(User.objects.get(username="anna"), up_to=Notification.objects.order_by("-pk")[0].pk, at=at)
    sweep_at(event_with_subscribers.starts_at - timedelta(hours=1))
    Notification.objects.filter(recipient__username="ben", kind="message").update(emailed_at=at)

    found = proof_of(event_with_subscribers, zone=ROME, at=at)

    assert found.total == Counts(sent=4, read=1, emailed=1)
    assert [(each.title, each.text, each.counts) for each in found.rows] == [
        ("Reminder 1 hour before", "", Counts(sent=2, read=0, emailed=0)),
        ("Your message", "Bring shoes.", Counts(sent=2, read=1, emailed=1)),
    ]
    assert [each.began_at for each in found.rows] == [event_with_subscribers.starts_at - timedelta(hours=1), at]


def test_reminders_of_a_former_start_are_a_row_of_their_own(make_event: MakeEvent, subscriber: User) -> None:
    start = datetime(2030, 12, 4, 17, tzinfo=UTC)
    event = make_event(starts_at=start, time_zone="Europe/Rome")
    subscribe(event, actor=subscriber, at=start - timedelta(days=9), leads=[60])
    sweep_at(start - timedelta(hours=1))
    event = update_event(event, actor=event.author, at=start - timedelta(hours=1), starts_at=start + timedelta(days=1))
    sweep_at(start)
    sweep_at(start + timedelta(hours=23))

    rows = rows_of(event, start)

    counts = Counts(sent=1)
    assert rows == [
        ("Reminder 1 hour before", "", counts),
        ("New time", "Moved from Wed 4 Dec 18:00 to Thu 5 Dec 18:00", counts),
        ("Reminder 1 hour before", "For the previous start time, Wed 4 Dec 18:00", counts),
    ]


def test_change_that_waits_says_when_it_goes_out(event_with_subscribers: Event, organiser: User) -> None:
    at = datetime(2030, 12, 4, 17, tzinfo=UTC)
    Event.objects.update(starts_at=at + timedelta(days=2), over_at=at + timedelta(days=2))
    update_event(event_with_subscribers, actor=organiser, at=at, location="Milan")

    [waiting] = proof_of(event_with_subscribers, zone=ROME, at=at).rows

    assert (waiting.title, waiting.text, waiting.counts) == ("New location", "New location: Milan (was Rome)", Counts())
    assert (waiting.began_at, waiting.when) == (None, "Scheduled for Wed 4 Dec 18:01")


def test_fan_out_under_way_is_said_to_be(
    event_with_subscribers: Event, organiser: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    announcement = announce(event_with_subscribers, actor=organiser, at=at, message="Hello")
    sweep_at(at)
    type(announcement).objects.update(due_at=at)

    [under_way] = proof_of(event_with_subscribers, zone=ROME, at=at).rows

    assert under_way.is_going_out


def test_announcement_without_remaining_subscribers_says_so(
    event_with_subscribers: Event, organiser: User, at: datetime
) -> None:
    announce(event_with_subscribers, actor=organiser, at=at, message="Hello")
    for user in User.objects.filter(username__in=["anna", "ben"]):
        unsubscribe(event_with_subscribers, actor=user)
    sweep_at(at)

    [lost] = proof_of(event_with_subscribers, zone=ROME, at=at).rows

    assert (lost.when, lost.counts) == ("No one to notify", Counts())


def test_cancellation_shows_its_reason(event_with_subscribers: Event, organiser: User, at: datetime) -> None:
    cancel_event(event_with_subscribers, actor=organiser, at=at, reason="The band is ill.")
    sweep_at(at)

    assert rows_of(event_with_subscribers, at) == [("Cancellation", "The band is ill.", Counts(sent=2))]


def test_long_message_is_shortened(event_with_subscribers: Event, organiser: User, at: datetime) -> None:
    announce(event_with_subscribers, actor=organiser, at=at, message="x" * 2000)

    [(_title, text, _counts)] = rows_of(event_with_subscribers, at)

    assert text == "x" * (proof.MAX_TEXT_LENGTH - 1) + "…"


def test_notifications_of_other_events_do_not_count(
    event_with_subscribers: Event, make_event: MakeEvent, organiser: User, at: datetime
) -> None:
    other = make_event()
    announce(event_with_subscribers, actor=organiser, at=at, message="Hello")
    sweep_at(at)

    assert proof_of(other, zone=ROME, at=at) == proof.Proof(Counts(), [], 0)


def test_notifications_of_a_purged_event_do_not_count(
    event_with_subscribers: Event, organiser: User, at: datetime
) -> None:
    delete_event(event_with_subscribers, actor=organiser, at=at)
    sweep_at(at)

    assert Notification.objects.count() == 2
    assert not Notification.objects.of_event(event_with_subscribers).exists()


def test_rows_beyond_the_limit_are_counted_and_not_shown(
    event_with_subscribers: Event, organiser: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "MAX_SHOWN", 2)
    for second in range(4):
        announce(event_with_subscribers, actor=organiser, at=at + timedelta(seconds=second), message=f"Number {second}")
        sweep_at(at + timedelta(seconds=second))

    found = proof_of(event_with_subscribers, zone=ROME, at=at)

    assert [each.text for each in found.rows] == ["Number 3", "Number 2"]
    assert (found.hidden_count, found.total.sent) == (2, 8)


def test_counting_reads_an_index(event_with_subscribers: Event, at: datetime) -> None:
    with CaptureQueriesContext(connection) as queries:
        list(Notification.objects.of_event(event_with_subscribers).counted_by_source())
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{queries[0]['sql']}")
        plan = str(cursor.fetchall())

    assert "notification_of_event" in plan


# The page


def test_page_shows_the_numbers(
    organiser_client: Client, event_with_subscribers: Event, organiser: User, at: datetime
) -> None:
    announce(event_with_subscribers, actor=organiser, at=at, message="<b>Bring shoes.</b>")
    sweep_at(at)

    page = html_of(organiser_client, report_url(event_with_subscribers))

    assert re.findall(r'<span class="number">(\d+)</span> <span class="muted">([\w -]+)</span>', page) == [
        *[("2", "sent"), ("0", "read"), ("0", "emailed")]
    ]
    assert re.findall(r"<td>(\d+)</td>", page) == ["2", "0", "0"]
    assert "&lt;b&gt;Bring shoes.&lt;/b&gt;" in page


def test_page_says_what_it_will_show_before_anybody_was_notified(
    organiser_client: Client, event_with_subscribers: Event
) -> None:
    page = html_of(organiser_client, report_url(event_with_subscribers))

    assert "Nothing has been sent yet." in page
    assert "<table" not in page


@pytest.mark.parametrize("count", [1, 3])
def test_page_costs_as_many_queries_for_any_number_of_notifications(
    organiser_client: Client,
    event_with_subscribers: Event,
    organiser: User,
    at: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for _ in range(count):
        announce(event_with_subscribers, actor=organiser, at=at, message="Hello")
    sweep_at(at)

    with django_assert_num_queries(PAGE_QUERIES):
        response = organiser_client.get(report_url(event_with_subscribers))

    assert len(response.context["proof"].rows) == count


def test_organisers_panel_links_to_the_delivery_report(
    organiser_client: Client, event_with_subscribers: Event, make_event: MakeEvent
) -> None:
    assert report_url(event_with_subscribers) in html_of(organiser_client, event_with_subscribers.get_absolute_url())

    draft = make_event(state="draft")

    assert report_url(draft) not in html_of(organiser_client, draft.get_absolute_url())


def test_delivery_report_is_for_the_organiser_alone(
    client: Client, make_event: MakeEvent, subscriber: User, stranger: User, at: datetime
) -> None:
    public, private = make_event(), make_event(state="private")
    for event in (public, private):
        subscribe(event, actor=subscriber, at=at)
    for event in (public, private):  # without saying whether there is one
        assert client.get(report_url(event))["Location"] == f"/accounts/login/?next={report_url(event)}"

    client.force_login(subscriber)
    assert [client.get(report_url(event)).status_code for event in (public, private)] == [403, 403]
    client.force_login(stranger)
    assert [client.get(report_url(event)).status_code for event in (public, private)] == [403, 404]


def test_proof_of_a_deleted_event_is_gone(
    organiser_client: Client, event_with_subscribers: Event, organiser: User, at: datetime
) -> None:
    delete_event(event_with_subscribers, actor=organiser, at=at)

    assert organiser_client.get(report_url(event_with_subscribers)).status_code == 404


def test_proof_is_for_reading(organiser_client: Client, event_with_subscribers: Event) -> None:
    assert organiser_client.post(report_url(event_with_subscribers)).status_code == 405
