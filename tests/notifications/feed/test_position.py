"""Test what the position check reads: the rows of its users, or what is new to anybody."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.models import Event
from notifications.feed import position as position_module
from notifications.feed.position import Found, IdsByUser, Position, read_arrivals
from notifications.models import Notification
from tests.makers import MakeEvent, MakeNotification

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
CHECK_PERIOD = timedelta(seconds=5)


# Users without rows. With them a feed has more users than the site has new rows.
NUMEROUS = range(10**9, 10**9 + 100)


class Feed:
    """What a feed does with its position: it looks at these moments, and sends what is found."""

    def __init__(self, *user_ids: int) -> None:
        self._user_ids = user_ids
        self._at = timezone.now()
        self.position = Position(clock=lambda: self._at, timer=lambda: 0)

    def look(self, at: datetime) -> Found:
        self._at = at
        return self.position.look(self._user_ids)

    def check(self, at: datetime) -> Found:
        found = self.look(at)
        self.position.passed(found.at)
        return found

    def check_for_a_minute(self, until: datetime) -> None:
        """Check until one check ago, long enough to know which ids are settled."""
        for seconds in (130, 65, 5):
            self.check(until - seconds * SECOND)


@pytest.fixture(params=["rows of users", "rows of all"])
def feed(request: pytest.FixtureRequest, organiser: User, monkeypatch: pytest.MonkeyPatch) -> Feed:
    """Return a feed of the organiser and of people without notifications, for each way in which it reads."""
    if request.param == "rows of users":
        monkeypatch.setattr(position_module, "_scan", lambda *facts: None)
    return Feed(organiser.pk, *NUMEROUS)


@pytest.fixture
def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Collect whose rows are asked for."""
    asked: list[list[int]] = []
    ask = position_module._ask_for

    def collect(user_ids: list[int], since: datetime) -> tuple[IdsByUser, IdsByUser]:
        asked.append([each for each in user_ids if each not in NUMEROUS])
        return ask(user_ids, since)

    monkeypatch.setattr(position_module, "_ask_for", collect)
    return asked


def ids_of(rows: Iterable[Notification]) -> list[int]:
    return [row.pk for row in rows]


def test_rows_are_found_for_these_users_alone(
    feed: Feed, organiser: User, stranger: User, make_notification: MakeNotification, at: datetime
) -> None:
    feed.check_for_a_minute(at)
    new = [make_notification(organiser, created_at=at) for _ in range(2)]
    old = at - timedelta(hours=1)
    gone = [
        make_notification(organiser, created_at=old, read_at=at),
        make_notification(organiser, created_at=old, superseded_at=at),
    ]
    make_notification(organiser, created_at=old)
    for facts in ({"created_at": at}, {"read_at": at}, {"superseded_at": at}):
        make_notification(stranger, **facts)

    found = feed.check(at)

    assert found == Found(at, {organiser.pk: ids_of(new)}, {organiser.pk: ids_of(gone)})


@pytest.mark.parametrize("count", [1, 3])
def test_any_number_of_rows_costs_as_many_queries(
    feed: Feed,
    organiser: User,
    make_notification: MakeNotification,
    django_assert_num_queries: DjangoAssertNumQueries,
    at: datetime,
    count: int,
) -> None:
    feed.check_for_a_minute(at)
    for _ in range(count):
        make_notification(organiser, created_at=at)
        make_notification(organiser, created_at=at, read_at=at)
        make_notification(organiser, created_at=at, superseded_at=at)

    # The highest id, new notifications, read ones, superseded ones; the clock of these tests needs no query.
    with django_assert_num_queries(4):
        found = feed.check(at)

    assert (len(found.arrived[organiser.pk]), len(found.gone[organiser.pk])) == (count, 2 * count)


def test_rows_of_the_minute_before_the_last_check_are_found_again(
    feed: Feed, organiser: User, make_notification: MakeNotification, at: datetime
) -> None:
    since = at - CHECK_PERIOD - MINUTE
    for seconds in (140, 70):
        feed.check(at - seconds * SECOND)
    for moment in (since - SECOND, since):
        for facts in ({"created_at": moment}, {"read_at": moment}, {"superseded_at": moment}):
            make_notification(organiser, **{"created_at": at - timedelta(hours=1), **facts})
    for seconds in (65, 35, 5):
        feed.check(at - seconds * SECOND)

    found = feed.check(at)

    moments = Notification.objects.values_list("created_at", "read_at", "superseded_at")
    assert [set(moments.get(pk=pk)) & {since, since - SECOND} for pk in found.arrived[organiser.pk]] == [{since}]
    assert [set(moments.get(pk=pk)) & {since, since - SECOND} for pk in found.gone[organiser.pk]] == 2 * [{since}]


def test_lower_id_that_is_committed_later_is_found(
    feed: Feed, organiser: User, make_notification: MakeNotification, at: datetime
) -> None:
    feed.check_for_a_minute(at - MINUTE)
    reserved = make_notification(organiser, created_at=at - 59 * SECOND)
    make_notification(organiser, created_at=at - 58 * SECOND)
    Notification.objects.filter(pk=reserved.pk).delete()  # its transaction is still open
    for seconds in (57, 30, 5):
        feed.check(at - seconds * SECOND)
    reserved.save(force_insert=True)

    found = feed.check(at)

    assert reserved.pk in found.arrived[organiser.pk]


def test_rows_of_checks_that_have_failed_are_found_later(
    feed: Feed, organiser: User, make_notification: MakeNotification, at: datetime
) -> None:
    feed.check_for_a_minute(at - 10 * MINUTE)
    row = make_notification(organiser, created_at=at - 9 * MINUTE)
    for seconds in (500, 300, 100):
        feed.look(at - seconds * SECOND)

    found = feed.look(at)

    assert found.arrived == {organiser.pk: [row.pk]}


@pytest.mark.parametrize(("seconds", "count"), [(360, 1), (361, 0)])
def test_first_check_that_passes_finds_what_came_since_the_feed_began(
    organiser: User, make_notification: MakeNotification, at: datetime, seconds: int, count: int
) -> None:
    moments = [0.0, 300.0]
    position = Position(clock=lambda: at, timer=lambda: moments.pop(0))
    make_notification(organiser, created_at=at - seconds * SECOND)

    assert len(position.look([organiser.pk]).arrived) == count


def test_feed_that_has_just_started_asks_for_the_rows_of_its_users(
    organiser: User,
    make_notification: MakeNotification,
    asked_for: list[list[int]],
    at: datetime,
) -> None:
    row = make_notification(organiser, created_at=at - 59 * SECOND)
    feed = Feed(organiser.pk, *NUMEROUS)

    assert feed.check(at).arrived == {organiser.pk: [row.pk]}
    for seconds in (60, 61):
        feed.check(at + seconds * SECOND)
    assert asked_for == 3 * [[organiser.pk]]
    feed.check(at + 62 * SECOND)
    assert asked_for == 3 * [[organiser.pk]]


@pytest.mark.parametrize("fact", ["created_at", "read_at", "superseded_at"])
def test_rows_of_the_users_are_asked_for_once_the_site_has_more_new_rows_than_they_are(
    organiser: User,
    stranger: User,
    make_notification: MakeNotification,
    asked_for: list[list[int]],
    at: datetime,
    fact: str,
) -> None:
    old = [make_notification(stranger, created_at=at - timedelta(hours=1)) for _ in range(3)]
    feed = Feed(organiser.pk, NUMEROUS[0])
    feed.check_for_a_minute(at)
    asked_for.clear()

    def write(count: int) -> None:
        for row in old[:count] if fact != "created_at" else ():
            Notification.objects.filter(pk=row.pk).update(**{fact: at})
        for _ in range(count if fact == "created_at" else 0):
            make_notification(stranger, created_at=at)

    write(2)
    feed.check(at)
    assert asked_for == []
    write(3)
    feed.check(at)
    assert asked_for == [[organiser.pk]]


def test_rows_of_many_users_are_asked_for_some_at_a_time(
    organiser: User,
    stranger: User,
    make_notification: MakeNotification,
    monkeypatch: pytest.MonkeyPatch,
    at: datetime,
) -> None:
    monkeypatch.setattr(position_module, "USERS_PER_QUERY", 1)
    rows = [make_notification(user, created_at=at) for user in (organiser, stranger)]

    found = Feed(organiser.pk, stranger.pk).check(at)

    assert found.arrived == {row.recipient_id: [row.pk] for row in rows}


def test_lower_highest_id_makes_the_feed_ask_for_the_rows_of_its_users(
    organiser: User,
    make_notification: MakeNotification,
    asked_for: list[list[int]],
    at: datetime,
) -> None:
    lost = [make_notification(organiser, created_at=at - timedelta(hours=1)) for _ in range(3)]
    feed = Feed(organiser.pk, *NUMEROUS)
    feed.check_for_a_minute(at)
    asked_for.clear()
    Notification.objects.filter(pk__in=ids_of(lost)).delete()
    again = make_notification(organiser, pk=lost[0].pk, created_at=at)

    found = feed.check(at)

    assert found.arrived == {organiser.pk: [again.pk]}
    assert asked_for == [[organiser.pk]]


def test_clock_that_was_set_back_is_no_reason_to_ask_for_the_rows_of_its_users_for_long(
    organiser: User, make_notification: MakeNotification, asked_for: list[list[int]], at: datetime
) -> None:
    # In an empty table, the next id may be far above the highest one.
    make_notification(organiser, created_at=at - timedelta(days=1))
    feed = Feed(organiser.pk, *NUMEROUS)
    feed.check_for_a_minute(at + timedelta(hours=1))
    asked_for.clear()

    for seconds in (0, 61, 122):
        feed.check(at + seconds * SECOND)
    new = make_notification(organiser, created_at=at + 123 * SECOND)

    assert feed.check(at + 127 * SECOND).arrived == {organiser.pk: [new.pk]}
    assert asked_for == 2 * [[organiser.pk]]


def test_arrivals_are_what_is_still_unread(
    organiser: User, stranger: User, make_event: MakeEvent, make_notification: MakeNotification, at: datetime
) -> None:
    cancelled = make_event()
    Event.objects.filter(pk=cancelled.pk).update(cancelled_at=at)
    mine = [make_notification(organiser) for _ in range(2)]
    rows = [make_notification(organiser, event=cancelled), make_notification(organiser, read_at=at), *mine]
    make_notification(stranger)

    arrivals, unread = read_arrivals(ids_of(rows), [organiser.pk, stranger.pk])

    assert {user: [each.payload["id"] for each in found] for user, found in arrivals.items()} == {
        organiser.pk: ids_of(mine)
    }
    assert unread == {organiser.pk: 2, stranger.pk: 1}
