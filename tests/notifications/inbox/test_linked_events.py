"""Test which events the entries of an inbox link to, however many there are."""

from datetime import datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.models import Event
from notifications.inbox.entries import LINKED_AT_ONCE, entries_of
from notifications.models import Notification
from tests.makers import MakeEvent, MakeNotification


@pytest.mark.parametrize(("count", "queries"), [(1, 1), (LINKED_AT_ONCE, 1), (LINKED_AT_ONCE + 1, 2)])
def test_each_entry_links_to_its_event(
    subscriber: User,
    make_event: MakeEvent,
    make_notification: MakeNotification,
    at: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
    queries: int,
) -> None:
    for _ in range(count):
        make_notification(event=make_event())
    notifications = list(Notification.objects.with_currency())

    with django_assert_num_queries(queries):
        entries = entries_of(notifications, subscriber, at=at)

    assert [entry.event and entry.event.pk for entry in entries] == [each.event_id for each in notifications]


def test_entries_without_events_take_no_query(
    subscriber: User,
    make_notification: MakeNotification,
    at: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_notification(kind="message", event=None, detail={"text": "Hello"})
    notifications = list(Notification.objects.with_currency())

    with django_assert_num_queries(0):
        assert [entry.event for entry in entries_of(notifications, subscriber, at=at)] == [None]


def test_only_events_that_the_reader_may_see_are_linked(
    subscriber: User, make_event: MakeEvent, make_notification: MakeNotification, at: datetime
) -> None:
    events = [make_event(), make_event(), make_event()]
    for event in events:
        make_notification(kind="message", event=event, detail={"text": "Hello"})
    Event.objects.filter(pk=events[1].pk).update(state=Event.State.PRIVATE)

    entries = entries_of(list(Notification.objects.with_currency().order_by("pk")), subscriber, at=at)

    assert [entry.event for entry in entries] == [events[0], None, events[2]]
