"""Test what a page promises about when a reader is reminded, or would be."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from events.models import Event
from events.presentation.promises import chosen_leads, given_promise, promise_for
from events.services import subscribe
from tests.makers import MakeEvent

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
START = datetime(2026, 12, 5, 17, tzinfo=UTC)
ROME, LAGOS, AUCKLAND = ZoneInfo("Europe/Rome"), ZoneInfo("Africa/Lagos"), ZoneInfo("Pacific/Auckland")


def whole_day(**options: object) -> Event:
    return event_at(datetime(2026, 12, 4, 23, tzinfo=UTC), all_day=True, **options)


def event_at(starts_at: datetime = START, **options: object) -> Event:
    return Event(starts_at=starts_at, time_zone="Europe/Rome", **options)


def test_promise_has_the_times_in_the_readers_zone_in_order() -> None:
    promise = promise_for(event_at(), leads=[60, 1440], at=AT, zone=ZoneInfo("America/New_York"), is_given=True)

    assert promise
    assert [text for _, text in promise.moment_texts] == ["Fri 4 Dec 12:00", "Sat 5 Dec 11:00"]
    assert promise.zone == "New York time"


def test_promise_names_no_zone_whose_times_are_those_of_the_event() -> None:
    promise = promise_for(event_at(), leads=[60], at=AT, zone=ZoneInfo("Europe/Berlin"), is_given=True)

    assert promise
    assert promise.zone == ""


def test_promise_names_the_zone_if_a_moment_differs_although_the_start_does_not() -> None:
    # Lagos has Rome's winter time all year. Summer time ends in Rome in the night before the event.
    event = event_at(datetime(2026, 10, 25, 12, tzinfo=UTC))
    promise = promise_for(event, leads=[1440], at=datetime(2026, 10, 1, tzinfo=UTC), zone=LAGOS, is_given=True)

    assert promise
    assert [text for _, text in promise.moment_texts] == ["Sat 24 Oct 13:00"]
    assert promise.zone == "Lagos time"


def test_promise_says_today_and_tomorrow_in_the_readers_zone() -> None:
    event = event_at(datetime(2026, 11, 26, 18, tzinfo=UTC))
    # AT is still Tuesday in Rome, and already Wednesday in Auckland.
    promises = [
        promise_for(event, leads=[60, 1440, 2870], at=AT, zone=zone, is_given=True) for zone in (ROME, AUCKLAND)
    ]

    assert [[text for _, text in each.moment_texts] for each in promises if each] == [
        ["today 19:10", "tomorrow 19:00", "Thu 26 Nov 18:00"],
        ["today 07:10", "tomorrow 07:00", "Fri 27 Nov 06:00"],
    ]


@pytest.mark.parametrize("is_given", [True, False])
def test_promise_never_names_a_moment_that_has_come(is_given: bool) -> None:
    for elapsed, texts in ((timedelta(seconds=-1), ["today 13:00", "today 14:00"]), (timedelta(0), ["today 14:00"])):
        promise = promise_for(
            event_at(AT + timedelta(hours=2)), leads=[120, 60], at=AT + elapsed, zone=ROME, is_given=is_given
        )

        assert promise
        assert [text for _, text in promise.moment_texts] == texts


def test_promise_to_a_reader_without_a_zone_is_in_the_events_zone_and_says_so() -> None:
    promise = promise_for(event_at(), leads=[60], at=AT, zone=None, is_given=False)

    assert promise
    assert [text for _, text in promise.moment_texts] == ["Sat 5 Dec 17:00"]
    assert promise.zone == "Rome time"


def test_promise_before_subscribing_reminds_at_once_for_leads_already_past() -> None:
    promise = promise_for(event_at(AT + timedelta(hours=2)), leads=[1440, 60], at=AT, zone=ROME, is_given=False)

    assert promise
    assert promise.at_once is True
    assert [text for _, text in promise.moment_texts] == ["today 14:00"]


def test_given_promise_leaves_out_what_is_past() -> None:
    promise = promise_for(event_at(AT + timedelta(hours=2)), leads=[1440], at=AT, zone=ROME, is_given=True)

    assert promise
    assert (promise.moments, promise.at_once, promise.is_spent) == ((), False, True)


def test_promise_of_a_whole_day_is_at_nine_and_names_each_moment_once() -> None:
    promise = promise_for(whole_day(), leads=[10, 60, 1440], at=AT, zone=ROME, is_given=True)

    assert promise
    assert [text for _, text in promise.moment_texts] == ["Fri 4 Dec 09:00", "Sat 5 Dec 09:00"]


@pytest.mark.parametrize(("leads", "is_given"), [([60], True), ([60], False), ([1440], False)])
def test_promise_on_the_first_of_whole_days_is_at_nine_and_none_later(leads: list[int], is_given: bool) -> None:
    nine = datetime(2026, 12, 5, 8, tzinfo=UTC)
    before, after = (
        promise_for(whole_day(), leads=leads, at=moment, zone=ROME, is_given=is_given)
        for moment in (nine - timedelta(seconds=1), nine)
    )

    assert before
    assert [text for _, text in before.moment_texts] == ["today 09:00"]
    assert not before.at_once
    assert after is None


def test_promise_without_leads_does_not_count_as_past() -> None:
    promise = promise_for(event_at(), leads=[], at=AT, zone=ROME, is_given=True)

    assert promise
    assert (promise.moments, promise.is_spent) == ((), False)


@pytest.mark.parametrize("event", [event_at(AT), event_at(cancelled_at=AT)])
def test_there_is_no_promise_for_what_has_begun_or_is_cancelled(event: Event) -> None:
    assert promise_for(event, leads=[60], at=AT, zone=ROME, is_given=True) is None


def test_one_query_reads_the_leads_that_each_reader_chose(
    make_event: MakeEvent, subscriber: User, stranger: User, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at, leads=[60, 1440])
    subscribe(event, actor=stranger, at=at, leads=[])

    def read(user: User) -> Event:
        return Event.objects.for_list(user).with_leads_of(user).get(pk=event.pk)

    assert sorted(chosen_leads(read(subscriber))) == [60, 1440]
    assert chosen_leads(read(stranger)) == []
    assert given_promise(read(stranger), at=at, zone=None) is not None
    assert given_promise(read(event.author), at=at, zone=None) is None
