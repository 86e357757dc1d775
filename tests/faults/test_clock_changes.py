"""Test the hours that are skipped and repeated in ten zones: correct instants, clear refusals, reminders in time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from events.exceptions import NonexistentTime
from events.local_time import instant_of
from events.models import Reminder
from events.services import subscribe
from tests.makers import MakeEvent

pytestmark = [pytest.mark.faults, pytest.mark.django_db]

ZONES = [
    "Europe/Rome",
    "Europe/London",
    "Europe/Chisinau",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "America/Havana",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
]
DAY = timedelta(days=1)
YEAR = 2027


def changes_of(zone: ZoneInfo) -> Iterator[tuple[datetime, timedelta]]:
    """Yield each instant of the year at which the zone's offset changes, and by how much."""
    instant, step = datetime(YEAR, 1, 1, tzinfo=UTC), timedelta(minutes=30)
    while instant.year == YEAR:
        before, after = (each.astimezone(zone).utcoffset() for each in (instant - step, instant))
        assert before is not None
        assert after is not None
        if before != after:
            yield instant, after - before
        instant += step


@pytest.mark.parametrize("name", ZONES)
def test_each_zone_changes_its_offset_twice(name: str) -> None:
    assert sorted(by > timedelta(0) for _, by in changes_of(ZoneInfo(name))) == [False, True]


@pytest.mark.parametrize("name", ZONES)
def test_skipped_hour_is_refused_and_its_edges_are_not(name: str) -> None:
    zone = ZoneInfo(name)
    [(change, skipped)] = [(instant, by) for instant, by in changes_of(zone) if by > timedelta(0)]
    opens = (change - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None) + timedelta(seconds=1)
    closes = opens + skipped

    for inside in (opens, opens + skipped / 2, closes - timedelta(seconds=1)):
        with pytest.raises(NonexistentTime):
            instant_of(inside, zone)
    assert instant_of(opens - timedelta(seconds=1), zone) == change - timedelta(seconds=1)
    assert instant_of(closes, zone) == change


@pytest.mark.parametrize("name", ZONES)
def test_repeated_hour_is_its_first_time(name: str) -> None:
    zone = ZoneInfo(name)
    [(change, by)] = [(instant, by) for instant, by in changes_of(zone) if by < timedelta(0)]
    repeated = -by
    first_time = change - repeated / 2
    local = first_time.astimezone(zone).replace(tzinfo=None)

    assert (first_time + repeated).astimezone(zone).replace(tzinfo=None) == local
    assert instant_of(local, zone) == first_time


@pytest.mark.parametrize("name", ZONES)
def test_day_before_is_24_hours_before_across_both_changes(name: str, make_event: MakeEvent, subscriber: User) -> None:
    for change, _ in changes_of(ZoneInfo(name)):
        starts_at = change + timedelta(hours=3)
        event = make_event(starts_at=starts_at, time_zone=name, at=change - 9 * DAY)
        subscribe(event, actor=subscriber, at=change - 9 * DAY, leads=[24 * 60])

        assert Reminder.objects.get(event=event).due_at == starts_at - DAY
