"""Test what a sweep removes once it is no longer needed."""

from datetime import datetime, timedelta

import pytest

from accounts.models import ApiSession, FeedTicket, IdempotencyKey, User
from accounts.services import Once, issue_feed_ticket, open_api_session, request_deletion, take_key
from events.models import Event, Subscription
from events.services import delete_event, subscribe
from notifications.models import Notification
from tests.makers import MakeEvent, MakeUser
from tests.notifications.delivery.sweeps import inbox_of, sweep_at

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_deleted_event_is_purged_after_its_subscribers_heard(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)
    delete_event(event, actor=organiser, at=at)

    sweep_at(at)

    assert not Event.objects.exists()
    row = Notification.objects.get()
    assert (row.kind, row.event, row.headline) == ("cancelled", None, "Concert")


def test_the_event_that_was_deleted_first_is_purged_first(make_event: MakeEvent, organiser: User, at: datetime) -> None:
    events = [make_event(), make_event()]
    for second, event in enumerate(reversed(events)):
        delete_event(event, actor=organiser, at=at + timedelta(seconds=second))
    Event.objects.update(rearm_cursor=None)

    assert list(Event.objects.awaiting_purge()) == events[::-1]


def test_purge_removes_subscriptions_chunk_by_chunk(
    make_event: MakeEvent,
    make_user: MakeUser,
    organiser: User,
    at: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("events.services.events.PURGE_CHUNK", 2)
    event = make_event()
    for number in range(3):
        subscribe(event, actor=make_user(f"user{number}"), at=at)
    delete_event(event, actor=organiser, at=at)

    report = sweep_at(at)

    assert report["purge_events"] == 2
    assert not Subscription.objects.exists()
    assert Notification.objects.count() == 3


def test_deleted_account_cancels_its_events_notifies_subscribers_and_is_purged(
    make_event: MakeEvent, organiser: User, subscriber: User, stranger: User, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)
    other = make_event(actor=stranger)
    subscribe(other, actor=organiser, at=at)
    request_deletion(organiser, at=at)

    sweep_at(at)

    assert set(User.objects.all()) == {subscriber, stranger}
    assert [kind for kind, _ in inbox_of(subscriber)] == ["cancelled"]
    assert Event.objects.get().subscriber_count == 0


def test_expired_feed_tickets_are_purged(organiser: User, at: datetime) -> None:
    issue_feed_ticket(organiser, at=at)

    sweep_at(at + HOUR)

    assert not FeedTicket.objects.exists()


def test_expired_sessions_are_purged(organiser: User, at: datetime) -> None:
    open_api_session(organiser, at=at)

    sweep_at(at + timedelta(days=1))

    assert not ApiSession.objects.exists()


def test_old_keys_of_requests_are_purged(organiser: User, at: datetime) -> None:
    take_key(Once(user=organiser, key="key", content="content"), result_id=7, at=at)

    sweep_at(at + timedelta(days=1))

    assert not IdempotencyKey.objects.exists()
