"""Test posting, editing, cancelling and deleting events."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.exceptions import AccountSuspended
from accounts.models import User
from config.errors import Refusal
from events.exceptions import (
    EndBeforeStart,
    EventCancelled,
    EventIsDraft,
    EventOver,
    HasSubscribers,
    InvalidText,
    NotAuthor,
    QuotaExceeded,
    RevisionMismatch,
    StartInPast,
    UnknownTimeZone,
)
from events.models import Announcement, Event
from events.services import cancel_event, create_event, delete_event, subscribe, update_event
from tests.makers import MakeEvent

pytestmark = pytest.mark.django_db


def test_create_is_private_by_default(organiser: User, at: datetime) -> None:
    event = create_event(actor=organiser, at=at, headline="Dinner", starts_at=at + timedelta(days=1))

    assert (event.state, event.revision, event.over_at) == ("private", 0, event.starts_at)


def test_create_puts_headline_and_location_on_one_line(make_event: MakeEvent) -> None:
    event = make_event(headline="  Summer\r\n concert ", location="Via\nRoma\t1", description=" a\r\nb ")

    assert (event.headline, event.location, event.description) == ("Summer concert", "Via Roma 1", "a\nb")


@pytest.mark.parametrize(
    ("changes", "refusal", "field"),
    [
        ({"headline": "  "}, InvalidText, "headline"),
        ({"headline": "x" * 201}, InvalidText, "headline"),
        ({"headline": "a\x00b"}, InvalidText, "headline"),
        ({"description": "\ud800"}, InvalidText, "description"),
        ({"location": "x" * 256}, InvalidText, "location"),
        ({"time_zone": "Mars/Olympus"}, UnknownTimeZone, "time_zone"),
        ({"starts_at": datetime(2020, 1, 1, tzinfo=UTC)}, StartInPast, "starts_at"),
    ],
)
def test_create_refuses_bad_input(
    make_event: MakeEvent, changes: dict[str, Any], refusal: type[Refusal], field: str
) -> None:
    with pytest.raises(refusal) as caught:
        make_event(**changes)

    assert caught.value.field == field
    assert not Event.objects.exists()


@pytest.mark.parametrize("seconds", [0, -1])
def test_create_refuses_a_start_that_has_come(make_event: MakeEvent, at: datetime, seconds: int) -> None:
    with pytest.raises(StartInPast):
        make_event(starts_at=at + timedelta(seconds=seconds))


def test_create_takes_a_start_in_a_second(make_event: MakeEvent, at: datetime) -> None:
    assert make_event(starts_at=at + timedelta(seconds=1)).pk


@pytest.mark.parametrize("seconds", [0, -1])
def test_create_refuses_an_end_not_after_the_start(make_event: MakeEvent, at: datetime, seconds: int) -> None:
    start = at + timedelta(days=1)

    with pytest.raises(EndBeforeStart):
        make_event(starts_at=start, ends_at=start + timedelta(seconds=seconds))


def test_create_widens_an_all_day_event_to_local_midnights(make_event: MakeEvent) -> None:
    event = make_event(starts_at=datetime(2090, 7, 1, 9, tzinfo=UTC), all_day=True, time_zone="Asia/Tokyo")

    assert event.starts_at == datetime(2090, 6, 30, 15, tzinfo=UTC)
    assert event.over_at == event.ends_at == datetime(2090, 7, 1, 15, tzinfo=UTC)
    assert event.first_day == event.last_day


def test_create_refuses_beyond_the_quota_of_events_not_over(make_event: MakeEvent, at: datetime, settings: Any) -> None:
    settings.MAX_EVENTS_PER_USER = 2
    over = make_event(starts_at=at + timedelta(hours=1))
    make_event()
    with pytest.raises(QuotaExceeded):
        make_event()

    make_event(at=over.over_at, starts_at=at + timedelta(days=3))


def test_update_that_brings_an_event_back_counts_for_the_quota(
    make_event: MakeEvent, organiser: User, at: datetime, settings: Any
) -> None:
    settings.MAX_EVENTS_PER_USER = 1
    over = make_event(starts_at=at + timedelta(hours=1))
    other = make_event(at=over.over_at)

    with pytest.raises(QuotaExceeded):
        update_event(over, actor=organiser, at=over.over_at, starts_at=at + timedelta(days=9))

    assert update_event(other, actor=organiser, at=over.over_at, starts_at=at + timedelta(days=9)).revision == 1


def test_locked_account_can_neither_post_nor_edit_nor_subscribe(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    """The account was suspended during the request, so its user object still looks active."""
    event = make_event()
    User.objects.update(is_active=False)

    with pytest.raises(AccountSuspended):
        make_event()
    with pytest.raises(AccountSuspended):
        update_event(event, actor=organiser, at=at, headline="Other")
    with pytest.raises(AccountSuspended):
        subscribe(event, actor=subscriber, at=at)


def test_update_counts_the_revision_only_when_something_changes(
    make_event: MakeEvent, organiser: User, at: datetime
) -> None:
    event = make_event()

    same = update_event(event, actor=organiser, at=at + timedelta(minutes=1), headline="Concert")
    other = update_event(event, actor=organiser, at=at + timedelta(minutes=1), headline="Concerto")

    assert (same.revision, same.updated_at) == (0, at)
    assert (other.revision, other.updated_at) == (1, at + timedelta(minutes=1))


def test_update_by_somebody_else_is_refused(make_event: MakeEvent, stranger: User, at: datetime) -> None:
    with pytest.raises(NotAuthor):
        update_event(make_event(), actor=stranger, at=at, headline="Mine")


def test_update_with_an_outdated_revision_is_refused(make_event: MakeEvent, organiser: User, at: datetime) -> None:
    event = make_event()
    update_event(event, actor=organiser, at=at, headline="First", expected_revision=0)

    with pytest.raises(RevisionMismatch):
        update_event(event, actor=organiser, at=at, headline="Second", expected_revision=0)

    assert Event.objects.get().headline == "First"


def test_update_of_a_cancelled_event_is_refused(make_event: MakeEvent, organiser: User, at: datetime) -> None:
    event = cancel_event(make_event(), actor=organiser, at=at)

    with pytest.raises(EventCancelled):
        update_event(event, actor=organiser, at=at, headline="Again")


def test_update_of_a_cancelled_event_is_refused_as_cancelled_before_its_revision_is_compared(
    make_event: MakeEvent, organiser: User, at: datetime
) -> None:
    event = make_event()
    cancel_event(event, actor=organiser, at=at)

    with pytest.raises(EventCancelled):
        update_event(event, actor=organiser, at=at, expected_revision=event.revision, headline="Other")


def test_update_to_a_draft_is_refused_with_subscribers(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    event = make_event()
    update_event(event, actor=organiser, at=at, state="draft")
    update_event(event, actor=organiser, at=at, state="public")
    subscribe(event, actor=subscriber, at=at)

    with pytest.raises(HasSubscribers):
        update_event(event, actor=organiser, at=at, state="draft")


def test_update_of_a_past_start_is_possible_while_the_start_stays(
    make_event: MakeEvent, organiser: User, at: datetime
) -> None:
    event = make_event()
    later = event.starts_at + timedelta(days=1)

    assert update_event(event, actor=organiser, at=later, description="It was great").revision == 1
    with pytest.raises(StartInPast):
        update_event(event, actor=organiser, at=later, starts_at=later - timedelta(hours=1))


def test_update_of_the_zone_alone_keeps_an_all_day_event_on_its_days(
    make_event: MakeEvent, organiser: User, at: datetime
) -> None:
    event = make_event(starts_at=datetime(2090, 7, 1, tzinfo=UTC), all_day=True)
    days = (event.first_day, event.last_day)

    event = update_event(event, actor=organiser, at=at, time_zone="Pacific/Auckland")

    assert (event.first_day, event.last_day) == days
    assert event.starts_at == datetime(2090, 6, 30, 12, tzinfo=UTC)


def test_update_of_zone_and_start_moves_an_all_day_event_to_the_new_day(
    make_event: MakeEvent, organiser: User, at: datetime
) -> None:
    event = make_event(starts_at=datetime(2090, 7, 1, tzinfo=UTC), all_day=True)
    auckland = ZoneInfo("Pacific/Auckland")

    event = update_event(
        event,
        actor=organiser,
        at=at,
        time_zone="Pacific/Auckland",
        starts_at=datetime(2090, 7, 4, tzinfo=auckland),
        ends_at=datetime(2090, 7, 5, tzinfo=auckland),
    )

    assert (event.first_day, event.last_day) == (date(2090, 7, 4), date(2090, 7, 4))


def test_update_rejects_a_field_that_no_edit_may_change(make_event: MakeEvent, organiser: User, at: datetime) -> None:
    with pytest.raises(TypeError):
        update_event(make_event(), actor=organiser, at=at, subscriber_count=9)


def test_cancel_twice_changes_nothing_the_second_time(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)

    first = cancel_event(event, actor=organiser, at=at, reason="Rain")
    second = cancel_event(event, actor=organiser, at=at + timedelta(minutes=1), reason="Snow")

    assert (second.cancelled_at, second.revision) == (first.cancelled_at, first.revision)
    assert list(Announcement.objects.values_list("kind", "text")) == [("cancelled", "Rain")]


def test_cancel_is_refused_for_drafts_strangers_and_what_is_over(
    make_event: MakeEvent, organiser: User, stranger: User, at: datetime
) -> None:
    event = make_event()

    with pytest.raises(EventIsDraft):
        cancel_event(make_event(state="draft"), actor=organiser, at=at)
    with pytest.raises(NotAuthor):
        cancel_event(event, actor=stranger, at=at)
    with pytest.raises(EventOver):
        cancel_event(event, actor=organiser, at=event.over_at)
    assert cancel_event(event, actor=organiser, at=event.over_at - timedelta(seconds=1)).is_cancelled


def test_delete_hides_at_once_and_announces_the_cancellation(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)

    delete_event(event, actor=organiser, at=at)

    assert not Event.objects.visible_to(organiser).exists()
    assert Announcement.objects.get().kind == "cancelled"
    with pytest.raises(Event.DoesNotExist):
        delete_event(event, actor=organiser, at=at)


def test_delete_of_a_cancelled_event_notifies_nobody_again(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)
    cancel_event(event, actor=organiser, at=at)

    delete_event(event, actor=organiser, at=at)

    assert Announcement.objects.count() == 1


def test_delete_of_an_event_that_is_over_notifies_nobody(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    over, under_way = make_event(), make_event(ends_at=at + timedelta(days=3))
    for event in (over, under_way):
        subscribe(event, actor=subscriber, at=at)

    for event in (over, under_way):
        delete_event(event, actor=organiser, at=over.over_at)

    assert list(Announcement.objects.values_list("event", "kind")) == [(under_way.pk, "cancelled")]


def test_delete_by_somebody_else_is_refused(make_event: MakeEvent, stranger: User, at: datetime) -> None:
    with pytest.raises(NotAuthor):
        delete_event(make_event(), actor=stranger, at=at)


def test_delete_with_an_outdated_revision_is_refused(make_event: MakeEvent, organiser: User, at: datetime) -> None:
    event = make_event()
    update_event(event, actor=organiser, at=at, headline="First")

    with pytest.raises(RevisionMismatch):
        delete_event(event, actor=organiser, at=at, expected_revision=0)
    assert Event.objects.live().count() == 1

    delete_event(event, actor=organiser, at=at, expected_revision=1)
    assert Event.objects.live().count() == 0
