"""Compare inbox pages of random notifications with what a few lines of Python make of the same rows."""

import operator
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from accounts.models import User
from events.models import Event, Subscription
from notifications.inbox import pages
from notifications.inbox.history import HISTORY_SIZE, SUBJECTS
from notifications.inbox.pages import InboxQuery, inbox_page
from notifications.inbox.reading import mark_all_read, undo_mark_read
from notifications.models import Notification
from tests.makers import MakeEvent

AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
BEFORE = {"starts_at": "2027-01-01T10:00:00Z", "ends_at": None, "all_day": False, "time_zone": "UTC", "location": "a"}
AFTER = BEFORE | {"starts_at": "2027-01-02T10:00:00Z", "location": "b"}
# The id of an entry, whether it is current, the ids of what is folded into it, and whether there is more.
Shown = tuple[int, bool, list[int], bool]


def shown(user: User, query: InboxQuery) -> Iterator[Shown]:
    """Yield the entries of all pages of the inbox, each of which begins with the latest."""
    before = None
    while True:
        page = inbox_page(user, InboxQuery(before, query.is_unread, query.about, query.event), at=AT)
        for each in page.entries:
            earlier = [folded.notification.pk for folded in each.earlier]
            yield each.notification.pk, each.notification.is_current, earlier, each.has_more_earlier
        moments = [each.notification.created_at for each in page.entries]
        assert moments == sorted(moments, reverse=True)
        before = page.older
        if not before:
            return


def expected(user: User, query: InboxQuery) -> Iterator[Shown]:
    """Yield the entries that the inbox should have, by reading all rows."""
    taking_place = {event.pk for event in Event.objects.all() if not (event.cancelled_at or event.deleted_at)}
    subscribed = set(Subscription.objects.filter(user=user).values_list("event", flat=True))

    def is_current(row: Notification) -> bool:
        is_stale = row.kind == "reminder" and row.event_id not in subscribed
        is_void = row.kind in {"reminder", "rescheduled", "relocated"} and row.event_id not in taking_place
        return not (row.superseded_at or is_stale or is_void)

    rows = [
        row
        for row in Notification.objects.filter(recipient=user).order_by("-pk")
        if (not query.about or row.kind in SUBJECTS[query.about])
        and (not query.is_unread or (row.read_at is None and is_current(row)))
        and (not query.event or row.event_id == query.event)
    ]
    entries = []
    for row in rows:
        of_event = [] if query.event or not row.event_id else [each for each in rows if each.event_id == row.event_id]
        if of_event[:1] in ([], [row]):
            earlier = [each.pk for each in of_event[1:]]
            entries.append((row, (row.pk, is_current(row), earlier[:HISTORY_SIZE], len(earlier) > HISTORY_SIZE)))
    yield from (entry for _, entry in sorted(entries, key=lambda each: (each[0].created_at, each[0].pk), reverse=True))


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(2))
def test_pages_show_what_reading_all_rows_finds(
    seed: int, subscriber: User, stranger: User, make_event: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(pages, "PAGE_SIZE", (3, 30)[seed])
    events = [make_event() for _ in range(6)]
    Event.objects.filter(pk=events[0].pk).update(cancelled_at=AT)
    Event.objects.filter(pk=events[1].pk).update(deleted_at=AT)
    for event in events[::2]:
        Subscription.objects.create(event=event, user=subscriber, created_at=AT)
    Notification.objects.bulk_create(
        Notification(
            recipient=chance.choice([subscriber, subscriber, stranger]),
            event=chance.choice([*events, None]),
            kind=chance.choice(Notification.Kind.values),
            headline="Concert",
            starts_at=AT,
            time_zone="UTC",
            lead=60,
            detail={"before": BEFORE, "after": AFTER, "text": ""},
            source=f"announcement:{number}",
            created_at=AT - timedelta(seconds=chance.choice([0, 1, chance.randrange(10**6)])),
            read_at=AT if chance.random() < 0.4 else None,
            superseded_at=AT if chance.random() < 0.3 else None,
        )
        for number in range(120)
    )
    before = list(Notification.objects.order_by("pk").values_list("read_at", flat=True))
    queries = [InboxQuery(None, *filters) for filters in product((False, True), ("", *SUBJECTS), (0, events[2].pk))]
    moment = AT + timedelta(microseconds=123_457)

    for _ in range(2):
        for query in queries:
            found, wanted = list(shown(subscriber, query)), list(expected(subscriber, query))
            # Pages of what is unread are cut in the order of ids.
            order = operator.itemgetter(0) if query.is_unread and not query.event else None
            assert (sorted(found, key=order) if order else found) == (sorted(wanted, key=order) if order else wanted)
        mark_all_read(subscriber, up_to=10**9, at=moment)
    undo_mark_read(subscriber, read_at=moment)

    assert list(Notification.objects.order_by("pk").values_list("read_at", flat=True)) == before
