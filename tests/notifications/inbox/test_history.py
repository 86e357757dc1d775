"""Test that the inbox has one entry for each event, with its earlier notifications folded into it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from events.models import Subscription
from notifications.inbox.history import HISTORY_SIZE
from notifications.inbox.pages import PAGE_SIZE, InboxPage, InboxQuery, inbox_page
from notifications.models import Notification
from tests.makers import MakeEvent, MakeNotification
from tests.pages import html_of, words

INBOX = "/notifications/"
AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def folded(page: InboxPage) -> list[tuple[int, list[int]]]:
    """Return the ids of the entries of a page, each with those of what is folded into it."""
    return [
        (entry.notification.pk, [each.notification.pk for each in entry.earlier])
        for day in page.days
        for entry in day.entries
    ]


def all_pages(user: User, query: InboxQuery) -> list[tuple[int, list[int]]]:
    page = inbox_page(user, query, at=AT)
    found = folded(page)
    while page.older:
        page = inbox_page(user, InboxQuery(page.older, query.is_unread, query.about), at=AT)
        found += folded(page)
    return found


def test_newest_notification_of_an_event_contains_the_earlier_ones(
    subscriber: User, make_notification: MakeNotification, make_event: MakeEvent
) -> None:
    concert, fair = make_event(), make_event()
    events = [concert, fair, concert, None, concert, None]
    ids = [
        make_notification(event=event, kind="message", created_at=AT + number * MINUTE).pk
        for number, event in enumerate(events)
    ]

    page = inbox_page(subscriber, InboxQuery(), at=AT)

    assert folded(page) == [(ids[5], []), (ids[4], [ids[2], ids[0]]), (ids[3], []), (ids[1], [])]


def test_notifications_of_others_are_not_folded_in(
    subscriber: User, stranger: User, make_notification: MakeNotification, make_event: MakeEvent
) -> None:
    event = make_event()
    make_notification(event=event, recipient=stranger)
    own = make_notification(event=event)
    make_notification(event=event, recipient=stranger)

    assert folded(inbox_page(subscriber, InboxQuery(), at=AT)) == [(own.pk, [])]


def test_every_event_is_on_one_page_however_its_notifications_are_spread(
    subscriber: User, make_notification: MakeNotification, make_event: MakeEvent
) -> None:
    events = [make_event() for _ in range(PAGE_SIZE + 3)]
    first = [make_notification(event=event, created_at=AT).pk for event in events]
    again = [make_notification(event=event, created_at=AT + MINUTE).pk for event in events[:5]]

    shown = all_pages(subscriber, InboxQuery())

    newest = [(pk, [first[number]]) for number, pk in enumerate(again)]
    assert shown == [*reversed(newest), *((pk, []) for pk in reversed(first[5:]))]


def test_event_that_something_arrives_for_leaves_the_older_page_for_the_first(
    subscriber: User, make_notification: MakeNotification, make_event: MakeEvent
) -> None:
    events = [make_event() for _ in range(PAGE_SIZE + 2)]
    ids = [make_notification(event=event, created_at=AT + number * MINUTE).pk for number, event in enumerate(events)]
    older = inbox_page(subscriber, InboxQuery(), at=AT).older

    new = make_notification(event=events[0], created_at=AT + timedelta(days=1))

    assert folded(inbox_page(subscriber, InboxQuery(older), at=AT)) == [(ids[1], [])]
    assert folded(inbox_page(subscriber, InboxQuery(), at=AT))[0] == (new.pk, [ids[0]])


def test_filters_leave_the_newest_of_their_kind_and_fold_only_those(
    subscriber: User, make_notification: MakeNotification, make_event: MakeEvent
) -> None:
    event, texts = make_event(), {"before": {}, "after": {}, "text": "Doors at five."}
    first, second, third = (make_notification(event=event, kind="message", detail=texts) for _ in range(3))
    reminder = make_notification(event=event)
    Notification.objects.filter(pk__in=[second.pk, reminder.pk]).update(read_at=AT)

    assert folded(inbox_page(subscriber, InboxQuery(about="messages"), at=AT)) == [(third.pk, [second.pk, first.pk])]
    assert folded(inbox_page(subscriber, InboxQuery(is_unread=True), at=AT)) == [(third.pk, [first.pk])]
    assert folded(inbox_page(subscriber, InboxQuery(about="reminders"), at=AT)) == [(reminder.pk, [])]
    assert folded(inbox_page(subscriber, InboxQuery(is_unread=True, about="reminders"), at=AT)) == []


def test_superseded_notification_does_not_hide_an_unread_one_of_its_event(
    subscriber: User, make_notification: MakeNotification, make_event: MakeEvent
) -> None:
    event = make_event()
    message = make_notification(event=event, kind="message", detail={"text": "Doors at five."})
    make_notification(event=event, superseded_at=AT)
    make_notification(event=event)
    Subscription.objects.all().delete()  # the sweep has not recorded yet that the last one is superseded, too

    assert folded(inbox_page(subscriber, InboxQuery(is_unread=True), at=AT)) == [(message.pk, [])]


def test_one_event_is_shown_without_folding(
    subscriber_client: Client, subscriber: User, make_notification: MakeNotification, make_event: MakeEvent
) -> None:
    concert, fair = make_event(), make_event()
    make_notification(event=fair, headline="Fair")
    ids = [make_notification(event=concert, headline="Concert").pk for _ in range(2)]

    page = inbox_page(subscriber, InboxQuery(event=concert.pk), at=AT)
    html = html_of(subscriber_client, f"{INBOX}?event={concert.pk}")

    assert folded(page) == [(ids[1], []), (ids[0], [])]
    assert "Only notifications about “Concert”." in words(html)
    assert "Mark all as read" not in html  # it would mark notifications that are not shown


@pytest.mark.parametrize("text", ["x", "0", "-1", str(2**63)])
def test_event_that_has_no_id_is_not_found(subscriber_client: Client, text: str) -> None:
    assert subscriber_client.get(INBOX, {"event": text}).status_code == 404


def test_entry_says_what_is_folded_and_what_of_it_is_new(
    subscriber_client: Client, make_notification: MakeNotification, make_event: MakeEvent
) -> None:
    event = make_event()
    make_notification(event=event, read_at=AT)
    rows = [make_notification(event=event, kind="message", detail={"text": f"Text {number}"}) for number in range(2)]

    html = html_of(subscriber_client, INBOX)

    assert "2 new Received" in words(html)
    assert "2 earlier notifications 1 new" in words(html)
    assert html.count("<details id=") == 1
    assert f'name="ids" value="{rows[1].pk},{rows[0].pk}"' in html
    assert "All notifications about this event" not in html


def test_more_than_are_folded_are_on_a_page_of_their_own(
    subscriber_client: Client, subscriber: User, make_notification: MakeNotification, make_event: MakeEvent
) -> None:
    event = make_event()
    ids = [make_notification(event=event).pk for _ in range(HISTORY_SIZE + 2)]

    html = html_of(subscriber_client, INBOX)

    assert folded(inbox_page(subscriber, InboxQuery(), at=AT)) == [(ids[-1], ids[-2:0:-1])]
    assert f'href="{INBOX}?event={event.pk}"' in html
    assert len(re.findall(r'class="entry ', html_of(subscriber_client, f"{INBOX}?event={event.pk}"))) == len(ids)


def test_earlier_notification_says_its_day_where_that_is_another_one(
    subscriber_client: Client,
    make_notification: MakeNotification,
    make_event: MakeEvent,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: AT)
    event = make_event()
    for created_at in (AT - timedelta(days=2), AT - MINUTE, AT):
        make_notification(event=event, created_at=created_at)

    received = [
        words(each).removeprefix("New Received ")
        for each in re.findall(r'<p class="entry-received">.*?</p>', html_of(subscriber_client, INBOX), re.DOTALL)
    ]

    assert received == ["3 new Received 12:00", "11:59", "Sun 29 Nov 12:00"]


def test_folded_rows_of_the_last_minute_are_marked_by_their_ids(
    subscriber: User, make_notification: MakeNotification, make_event: MakeEvent
) -> None:
    event = make_event()
    old, *recent = (
        make_notification(event=event, created_at=AT - age).pk for age in (10 * MINUTE, MINUTE / 2, MINUTE / 3)
    )

    page = inbox_page(subscriber, InboxQuery(), at=AT)

    assert (page.settled_id, page.recent_ids) == (old, recent[::-1])
