"""Test that what many people read costs the same with a thousand events of the past and of the future as with 100,000.

So does what each sweep reads to record ends. MariaDB counts the index entries and rows that a session reads. The tables
are filled once for each number of events.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import create_user, open_api_session
from config.keyset import Position
from events.models import Event
from events.presentation.calendar_feeds import MAX_EVENTS, Feed, personal_feed, personal_feed_with_alarms, public_feed
from events.presentation.month import month_of
from events.presentation.rail import STRIP_LIMIT, BrowsingQuery, day_counts, rail_page, strip_of
from events.querysets import EventQuerySet
from events.services import record_ends
from events.sitemaps import EventSitemap
from notifications.inbox.bell import MAX_COUNTED, Bell
from notifications.inbox.pages import InboxQuery, inbox_page, latest_page
from notifications.models import Notification

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db]

# How many events there are of the past, and of the future, and how many minutes are between the starts of two.
FEW, MANY, CROWDED = (1_000, 360), (100_000, 360), (5_000, 5)
UNREAD = 128
TABLES = ("accounts_user", "events_event", "events_subscription", "notifications_notification")
COUNT = "SHOW SESSION STATUS LIKE 'Handler_read%'"


class Cost(NamedTuple):
    """How many index entries and rows were read for one question, and how many rows its answer contains."""

    read: int
    returned: int


# By the size of the tables, and by the name of the question.
Costs = dict[tuple[int, int], dict[str, Cost]]


def fill(at: datetime, owner: User, other: User, reader: User, *, count: int, minutes: int) -> None:
    """Fill the tables: half of the past events are the owner's, and 60 of the others, as quotas make upcoming ones few.

    Three other events have been running for months. The reader is subscribed to some events and has many notifications,
    150 of them unread.
    """
    event = """INSERT INTO events_event (author_id, headline, description, location, starts_at, ends_at, all_day,
      over_at, has_ended, length_class, time_zone, state, invite_token, revision, subscriber_count, search_text,
      created_at, updated_at)
      SELECT IF({owned}, %s, %s), 'Concert', '', '', {start}, {end}, 0, {end}, {ended}, {length_class},
      'Europe/Rome', IF(seq %% 10, 'public', 'private'), '', 0, 0, 'concert', %s, %s FROM seq_1_to_{seqs}"""
    number = f"(CAST(seq AS SIGNED) - {count})"  # negative for past events
    start = f"%s + INTERVAL {number} * {minutes} MINUTE"
    short = event.format(
        start=start,
        end=f"{start} + INTERVAL 110 MINUTE",
        ended=f"{number} * {minutes} <= -170",
        owned=f"{number} <= 60 AND ({number} > 0 OR seq %% 2)",
        length_class=1,
        seqs=2 * count,
    )
    start, end = "%s + INTERVAL seq * 7 DAY", "%s + INTERVAL seq * 50 DAY"
    long = event.format(start=start, end=end, ended=0, owned="seq", length_class=6, seqs=3)
    people = [owner.pk, other.pk]
    with connection.cursor() as cursor:
        cursor.execute(short, [*people, at, at, at, at, at])
        cursor.execute(long, [*people, at - timedelta(days=80), at, at, at, at])
        cursor.execute(
            "INSERT INTO events_subscription (user_id, event_id, created_at) "
            "SELECT %s, id, %s FROM events_event WHERE ABS(TIMESTAMPDIFF(MINUTE, %s, starts_at)) < 8 * %s",
            [reader.pk, at, at, minutes],
        )
        for recipient, each, unread, minutes_ago in (
            (reader.pk, 25, UNREAD // 16, 2),
            (other.pk, 250 + count // 40, 200, 0),
        ):
            cursor.execute(
                "INSERT INTO notifications_notification (recipient_id, event_id, kind, headline, starts_at, time_zone, "  # noqa: S608 - our number
                "location, detail, source, created_at, read_at) SELECT %s, event_id, 'reminder', 'Concert', %s, 'UTC', "
                "'', '{}', CONCAT(event_id, ':', seq), %s - INTERVAL seq + %s MINUTE, IF(seq <= %s, NULL, %s) "
                f"FROM events_subscription, seq_1_to_{each} ORDER BY seq DESC, event_id",  # ids in the order of time
                [recipient, at, at, minutes_ago, unread, at],
            )
        cursor.execute(f"ANALYZE TABLE {', '.join(TABLES)}")
    assert record_ends(at=at) == 0


def questions(at: datetime, owner: User, reader: User) -> dict[str, Callable[[], int]]:
    """Return what is measured, by its name: each asks a question and returns how many rows the answer contains."""
    listed = Event.objects.listed()
    anonymous, program = APIClient(), APIClient()
    tokens = open_api_session(reader, at=timezone.now())
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.access}")
    soon, later = (f"{at + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for days in (3, 20))
    some_event = listed.upcoming(at)[7]

    def page(events: EventQuerySet, **params: str) -> int:
        query = BrowsingQuery.parse(params)
        shown = events.for_list(reader).with_leads_of(reader)
        return len(rail_page(shown, query, at=at, zone=reader_zone).events)

    def answer(client: APIClient, path: str, **params: Any) -> int:
        response = client.get(path, params)
        assert response.status_code == 200, response.content
        return len(response.json().get("results", [None]))

    def following(client: APIClient, path: str, **params: Any) -> int:
        return len(client.get(cursors[params.get("past", "")]).json()["results"])

    def strip(events: EventQuerySet) -> int:
        shown = rail_page(listed.none(), BrowsingQuery(), at=at, zone=reader_zone)
        return sum(day.count for day in strip_of(shown, partial(day_counts, events, at=at), at=at, zone=reader_zone))

    def month(first: date) -> int:
        shown = month_of(listed.for_month(reader), BrowsingQuery(), first=first, at=at, zone=reader_zone)
        return len({entry.event for day in shown.days for entry in day.entries})

    def inbox(*, is_unread: bool = False) -> int:
        """Return the number of notifications, of the events that they link to, and of those that it passes over.

        There are so few events that all notifications are on the first page, most of them folded away. Those that it
        shows folded are found by their ids first.
        """
        entries = inbox_page(reader, InboxQuery(is_unread=is_unread), at=at).entries
        passed = Notification.objects.owned_by(reader).count() - len(entries)
        return len(entries) + sum(2 * len(entry.earlier) + 1 for entry in entries) + passed

    def older_inbox() -> int:
        """Return the number of notifications that it passes over. It shows none: the newest of each event is newer."""
        before = Position(at - timedelta(minutes=20), 1)
        assert inbox_page(reader, InboxQuery(before=before), at=at).entries == []
        return Notification.objects.owned_by(reader).filter(created_at__lt=before.moment).count()

    def written(feed: Feed) -> int:
        return feed.file().content.count(b"BEGIN:VEVENT")

    reader_zone = None
    after = f"{at + timedelta(days=10):%Y%m%dT%H%M%S}-5"
    events, notifications = "/api/v1/events/", "/api/v1/notifications/"
    cursors = {past: anonymous.get(events, {"past": past}).json()["next"] for past in ("", "true")}
    this_month = at.date().replace(day=1)
    months = {"this": this_month, "last": this_month - timedelta(days=1), "next": this_month + timedelta(days=31)}
    return {
        "list": partial(answer, anonymous, events),
        "list of a reader": partial(answer, program, events, page_size=50),
        "list, next page": partial(following, anonymous, events),
        "list of the past": partial(answer, anonymous, events, past="true"),
        "list of the past, next page": partial(following, anonymous, events, past="true"),
        "list between two moments": partial(answer, anonymous, events, starts_after=soon, starts_before=later),
        "list of an organiser": partial(answer, anonymous, events, author=owner.username),
        "list of an organiser's past": partial(answer, anonymous, events, author=owner.username, past="true"),
        "list of subscribed events": partial(answer, program, events, subscribed="true"),
        "list of events not subscribed to": partial(answer, program, events, subscribed="false"),
        "list of the reader's private events": partial(answer, program, events, state="private"),
        "event": partial(answer, program, f"{events}{some_event.pk}/"),
        "subscriptions": partial(answer, program, "/api/v1/subscriptions/"),
        "notifications": partial(answer, program, notifications),
        "unread notifications": partial(answer, program, notifications, unread="true"),
        "home": partial(page, listed),
        "home, later": partial(page, listed, after=after),
        "home, earlier": partial(page, listed, before=after),
        "home, the past": partial(page, listed, past="1"),
        "home, from a day": partial(page, listed, **{"from": f"{at + timedelta(days=9):%Y-%m-%d}"}),
        "home, today": partial(page, listed, when="today"),
        "home, next week": partial(page, listed, when="next-week"),
        "organiser's page": partial(page, listed.owned_by(owner)),
        "organiser's page, the past": partial(page, listed.owned_by(owner), past="1"),
        "own events": partial(page, Event.objects.owned_by(owner)),
        "own events, the past": partial(page, Event.objects.owned_by(owner), past="1"),
        "subscribed events": partial(page, Event.objects.subscribed_by(reader)),
        "subscribed events, searched": partial(page, Event.objects.subscribed_by(reader), q="concert"),
        "subscribed events, the past": partial(page, Event.objects.subscribed_by(reader), past="1"),
        "inbox": inbox,
        "inbox, unread": partial(inbox, is_unread=True),
        "inbox, older": older_inbox,
        "latest notifications": lambda: len(latest_page(reader, at=at).entries),
        "bell": lambda: Bell(reader, None, at).count,
        "sitemap": lambda: len(EventSitemap().items()),
        "calendar feed": lambda: written(public_feed(site="", at=at)),
        "calendar feed, known": lambda: MAX_EVENTS * bool(public_feed(site="", at=at).etag()),
        "calendar feed of an organiser": lambda: written(public_feed(site="", at=at, organiser=owner)),
        "calendar feed of a reader": lambda: written(personal_feed(reader, site="", at=at)),
        "calendar feed of an owner": lambda: written(personal_feed_with_alarms(owner, site="", at=at)),
        "strip": partial(strip, listed),
        "strip of subscribed events": partial(strip, Event.objects.subscribed_by(reader)),
        "sweep that records nothing": partial(record_ends, at=at),
        **{f"{name} month": partial(month, day.replace(day=1)) for name, day in months.items()},
    }


def reads() -> int:
    with connection.cursor() as cursor:
        cursor.execute(COUNT)
        return sum(int(value) for _, value in cursor.fetchall())


def measured(ask: Callable[[], int]) -> Cost:
    ask()  # so that what a process keeps is there
    before = reads()
    own = reads() - before
    before = reads()
    returned = ask()
    return Cost(reads() - before - own, returned)


@pytest.fixture(scope="module")
def costs(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Costs]:
    """Return what each question costs, by the size of the tables."""
    found = {}
    at = datetime.now(UTC).replace(microsecond=0)
    with django_db_blocker.unblock():
        # So few that it could seem cheapest to begin with all users.
        people = [
            create_user(username=name, email=f"{name}@example.org", password="x")
            for name in ("owner", "other", "reader")
        ]
        try:
            for size in (FEW, MANY, CROWDED):
                fill(at, *people, count=size[0], minutes=size[1])
                found[size] = {name: measured(ask) for name, ask in questions(at, people[0], people[2]).items()}
                empty()
            yield found
        finally:
            empty()
            User.objects.all().delete()


def empty() -> None:
    """Remove all rows at once."""
    with connection.cursor() as cursor:
        cursor.execute("SET foreign_key_checks = 0")
        for table in TABLES[1:]:
            cursor.execute(f"TRUNCATE {table}")
        cursor.execute("SET foreign_key_checks = 1")


@pytest.mark.parametrize("size", [FEW, MANY])
def test_lists_read_little_more_than_they_show(costs: Costs, size: tuple[int, int]) -> None:
    excessive = {name: cost for name, cost in costs[size].items() if cost.read > 3 * cost.returned + 100}

    assert excessive == {}


def test_questions_cost_the_same_with_a_hundred_times_as_many_events(costs: Costs) -> None:
    differing = {
        name: (few, many)
        for name, few in costs[FEW].items()
        if name != "sitemap"  # which shows more of them
        and abs((many := costs[MANY][name]).read - few.read) > few.read / 10
    }

    assert differing == {}


@pytest.mark.parametrize("name", ["strip", "last month", "this month", "next month"])
def test_calendars_read_a_limited_number_of_entries(costs: Costs, name: str) -> None:
    assert costs[CROWDED][name].read <= 1_500


def test_strip_is_cut_where_there_are_too_many_events(costs: Costs) -> None:
    assert costs[CROWDED]["strip"].returned == STRIP_LIMIT


def test_bell_counts_to_a_hundred(costs: Costs) -> None:
    assert costs[MANY]["bell"].returned == MAX_COUNTED + 1 < UNREAD
