"""Test what is announced to subscribers: material changes, the merge window, urgency and recipients."""

from datetime import datetime, timedelta, timezone

import pytest
from pytest_django import Settings

from accounts.models import User
from events.exceptions import EventIsDraft, InvalidText, NotAuthor, TooManyAnnouncements
from events.models import Announcement, Event
from events.services import announce, cancel_event, subscribe, unsubscribe, update_event
from tests.makers import MakeEvent

pytestmark = pytest.mark.django_db
MERGE = timedelta(seconds=60)


def test_change_that_is_not_material_is_not_announced(subscribed_event: Event, organiser: User, at: datetime) -> None:
    update_event(subscribed_event, actor=organiser, at=at, headline="Other", description="Other", state="private")

    assert not Announcement.objects.exists()


def test_change_without_subscribers_is_not_announced(make_event: MakeEvent, organiser: User, at: datetime) -> None:
    update_event(make_event(), actor=organiser, at=at, location="Milan")

    assert not Announcement.objects.exists()


def test_new_location_is_announced_after_the_merge_window(
    subscribed_event: Event, organiser: User, at: datetime
) -> None:
    update_event(subscribed_event, actor=organiser, at=at, location="Milan")

    announcement = Announcement.objects.get()
    assert (announcement.kind, announcement.due_at) == ("relocated", at + MERGE)
    assert (announcement.before["location"], announcement.after["location"]) == ("Rome", "Milan")


def test_new_time_and_location_make_one_announcement_of_the_time(
    subscribed_event: Event, organiser: User, at: datetime
) -> None:
    update_event(subscribed_event, actor=organiser, at=at, location="Milan", starts_at=at + timedelta(days=3))

    assert list(Announcement.objects.values_list("kind", flat=True)) == ["rescheduled"]


def test_times_are_announced_in_utc_whatever_offset_they_came_with(
    subscribed_event: Event, organiser: User, at: datetime
) -> None:
    there = timezone(timedelta(hours=5, minutes=30))
    same, later = (
        subscribed_event.starts_at.astimezone(there),
        (subscribed_event.starts_at + timedelta(hours=1)).astimezone(there),
    )

    subscribed_event = update_event(subscribed_event, actor=organiser, at=at, starts_at=same, location="Milan")
    assert Announcement.objects.get().kind == "relocated"
    update_event(subscribed_event, actor=organiser, at=at, starts_at=later)

    after = Announcement.objects.get().after
    assert datetime.fromisoformat(after["starts_at"]) == later


def test_later_edit_merges_and_keeps_the_window_of_the_first(
    subscribed_event: Event, organiser: User, at: datetime
) -> None:
    update_event(subscribed_event, actor=organiser, at=at, location="Milan")
    update_event(
        subscribed_event,
        actor=organiser,
        at=at + MERGE / 2,
        location="Turin",
        ends_at=subscribed_event.starts_at + MERGE,
    )

    announcement = Announcement.objects.get()
    assert (announcement.kind, announcement.due_at) == ("rescheduled", at + MERGE)
    assert (announcement.before["location"], announcement.after["location"]) == ("Rome", "Turin")


def test_edit_that_ends_where_it_began_drops_the_announcement(
    subscribed_event: Event, organiser: User, at: datetime
) -> None:
    update_event(subscribed_event, actor=organiser, at=at, location="Milan")
    update_event(subscribed_event, actor=organiser, at=at, location="Rome")

    assert not Announcement.objects.exists()


def test_edit_after_the_fan_out_began_is_announced_anew(subscribed_event: Event, organiser: User, at: datetime) -> None:
    update_event(subscribed_event, actor=organiser, at=at, location="Milan")
    Announcement.objects.update(due_at=None)
    update_event(subscribed_event, actor=organiser, at=at, location="Turin")

    assert [row.before["location"] for row in Announcement.objects.order_by("id")] == ["Rome", "Milan"]


def test_edit_after_somebody_subscribed_is_merged(
    subscribed_event: Event, organiser: User, stranger: User, at: datetime
) -> None:
    update_event(subscribed_event, actor=organiser, at=at, location="Milan")
    subscribe(subscribed_event, actor=stranger, at=at)
    update_event(subscribed_event, actor=organiser, at=at, location="Turin")

    announcement = Announcement.objects.get()
    assert (announcement.before["location"], announcement.after["location"]) == ("Rome", "Turin")


def test_change_that_is_undone_is_announced_only_to_those_who_subscribed_while_it_waited(
    subscribed_event: Event, organiser: User, stranger: User, at: datetime
) -> None:
    """They saw Milan. Everybody else knows Rome, where it is again."""
    update_event(subscribed_event, actor=organiser, at=at, location="Milan")
    first = subscribed_event.subscriptions.get()
    late = subscribe(subscribed_event, actor=stranger, at=at)
    update_event(subscribed_event, actor=organiser, at=at, location="Rome")

    announcement = Announcement.objects.get()
    assert (announcement.before["location"], announcement.after["location"]) == ("Milan", "Rome")
    assert (announcement.after_subscription_id, announcement.last_subscription_id) == (first.pk, late.pk)
    assert announcement.due_at == at


def test_correction_is_never_merged_into(
    subscribed_event: Event, organiser: User, stranger: User, at: datetime
) -> None:
    update_event(subscribed_event, actor=organiser, at=at, location="Milan")
    subscribe(subscribed_event, actor=stranger, at=at)
    update_event(subscribed_event, actor=organiser, at=at, location="Rome")
    update_event(subscribed_event, actor=organiser, at=at, location="Turin")

    locations = [(row.before["location"], row.after["location"]) for row in Announcement.objects.order_by("id")]
    assert locations == [("Milan", "Rome"), ("Rome", "Turin")]


def test_edit_after_somebody_left_is_merged(
    subscribed_event: Event, organiser: User, stranger: User, at: datetime
) -> None:
    subscribe(subscribed_event, actor=stranger, at=at)
    update_event(subscribed_event, actor=organiser, at=at, location="Milan")
    unsubscribe(subscribed_event, actor=stranger)

    update_event(subscribed_event, actor=organiser, at=at, location="Rome")

    assert not Announcement.objects.exists()


def test_message_makes_a_waiting_change_due_and_follows_it(
    subscribed_event: Event, organiser: User, at: datetime
) -> None:
    update_event(subscribed_event, actor=organiser, at=at, location="Milan")

    announce(subscribed_event, actor=organiser, at=at + MERGE / 2, message="Sorry")

    rows = Announcement.objects.order_by("id").values_list("kind", "due_at")
    assert list(rows) == [("relocated", at + MERGE / 2), ("message", at + MERGE / 2)]


@pytest.mark.parametrize(("minutes", "is_urgent"), [(59, True), (60, False)])
def test_change_is_due_at_once_when_a_start_is_less_than_an_hour_away(
    subscribed_event: Event, organiser: User, at: datetime, minutes: int, is_urgent: bool
) -> None:
    update_event(subscribed_event, actor=organiser, at=at, starts_at=at + timedelta(minutes=minutes))

    assert Announcement.objects.get().due_at == (at if is_urgent else at + MERGE)


def test_urgent_edit_makes_the_waiting_announcement_due(subscribed_event: Event, organiser: User, at: datetime) -> None:
    update_event(subscribed_event, actor=organiser, at=at, location="Milan")
    update_event(subscribed_event, actor=organiser, at=at + MERGE / 2, starts_at=at + timedelta(minutes=10))

    assert Announcement.objects.get().due_at == at + MERGE / 2


def test_cancellation_takes_the_place_of_changes_that_nobody_knows_of(
    subscribed_event: Event, organiser: User, at: datetime
) -> None:
    start = subscribed_event.starts_at
    update_event(subscribed_event, actor=organiser, at=at, location="Milan", starts_at=start + timedelta(days=1))

    cancel_event(subscribed_event, actor=organiser, at=at + MERGE / 2, reason="Rain")

    [announcement] = Announcement.objects.all()
    known = (announcement.before["starts_at"], announcement.before["location"])
    assert (announcement.kind, announcement.due_at, announcement.text) == ("cancelled", at + MERGE / 2, "Rain")
    assert known == (f"{start:%Y-%m-%dT%H:%M:%SZ}", "Rome")


def test_cancellation_follows_a_change_that_somebody_knows_of(
    subscribed_event: Event, organiser: User, at: datetime
) -> None:
    update_event(subscribed_event, actor=organiser, at=at, location="Milan")
    Announcement.objects.update(due_at=at, cursor=1)

    cancel_event(subscribed_event, actor=organiser, at=at)

    rows = Announcement.objects.order_by("id").values_list("kind", "before__location")
    assert list(rows) == [("relocated", "Rome"), ("cancelled", "Milan")]


def test_other_zone_of_an_all_day_event_with_the_same_dates_is_not_announced(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    event = make_event(all_day=True, time_zone="Europe/Rome")
    subscribe(event, actor=subscriber, at=at)

    event = update_event(event, actor=organiser, at=at, time_zone="America/New_York")

    assert not Announcement.objects.exists()
    assert event.ends_at
    update_event(event, actor=organiser, at=at, ends_at=event.ends_at + timedelta(days=1))
    assert Announcement.objects.get().kind == "rescheduled"


def test_all_day_event_that_gets_its_midnights_as_times_is_announced(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    event = make_event(all_day=True, time_zone="Europe/Rome")
    subscribe(event, actor=subscriber, at=at)

    update_event(event, actor=organiser, at=at, all_day=False)

    assert Announcement.objects.get().kind == "rescheduled"


def test_edit_merges_into_a_change_that_the_previous_version_left_waiting(
    subscribed_event: Event, organiser: User, at: datetime
) -> None:
    update_event(subscribed_event, actor=organiser, at=at, location="Milan")
    waiting = Announcement.objects.get()
    for facts in (waiting.before, waiting.after):
        del facts["all_day"], facts["time_zone"]
    waiting.save()

    update_event(subscribed_event, actor=organiser, at=at, location="Rome")

    assert not Announcement.objects.exists()


def test_reason_for_cancelling_is_kept_without_subscribers_to_notify(
    make_event: MakeEvent, organiser: User, at: datetime
) -> None:
    cancel_event(make_event(), actor=organiser, at=at, reason="Rain")
    cancel_event(make_event(), actor=organiser, at=at)

    assert list(Announcement.objects.values_list("text", "due_at")) == [("Rain", None)]


def test_cancellation_leaves_announcements_that_were_made_as_they_are(
    subscribed_event: Event, organiser: User, at: datetime
) -> None:
    announce(subscribed_event, actor=organiser, at=at, message="Bring shoes")
    Announcement.objects.update(due_at=None)

    cancel_event(subscribed_event, actor=organiser, at=at)

    assert list(Announcement.objects.order_by("id").values_list("due_at", flat=True)) == [None, at]


def test_edit_of_what_is_over_is_not_announced(subscribed_event: Event, organiser: User) -> None:
    update_event(subscribed_event, actor=organiser, at=subscribed_event.over_at, location="Milan")

    assert not Announcement.objects.exists()


def test_move_of_what_is_over_into_the_future_is_announced(subscribed_event: Event, organiser: User) -> None:
    update_event(
        subscribed_event,
        actor=organiser,
        at=subscribed_event.over_at,
        starts_at=subscribed_event.over_at + timedelta(days=7),
    )

    assert Announcement.objects.get().kind == "rescheduled"


def test_message_is_due_at_once(subscribed_event: Event, organiser: User, at: datetime) -> None:
    announcement = announce(subscribed_event, actor=organiser, at=at, message=" Bring shoes ")

    assert (announcement.kind, announcement.text, announcement.due_at) == ("message", "Bring shoes", at)


def test_message_is_refused_when_empty_too_long_foreign_or_of_a_draft(
    subscribed_event: Event, make_event: MakeEvent, organiser: User, stranger: User, at: datetime
) -> None:
    for message in (" ", "x" * 2001):
        with pytest.raises(InvalidText):
            announce(subscribed_event, actor=organiser, at=at, message=message)
    with pytest.raises(NotAuthor):
        announce(subscribed_event, actor=stranger, at=at, message="Hello")
    with pytest.raises(EventIsDraft):
        announce(make_event(state="draft"), actor=organiser, at=at, message="Hello")


def test_messages_of_an_event_are_limited_to_so_many_an_hour(
    subscribed_event: Event, organiser: User, at: datetime, settings: Settings
) -> None:
    settings.ANNOUNCEMENTS_PER_HOUR = 2
    for minutes in (0, 20):
        announce(subscribed_event, actor=organiser, at=at + timedelta(minutes=minutes), message="Hello")

    with pytest.raises(TooManyAnnouncements) as refused:
        announce(subscribed_event, actor=organiser, at=at + timedelta(minutes=59, seconds=59), message="Hello")

    assert refused.value.wait == 1
    assert refused.value.message == "You can send 2 messages an hour for each event. Try again in 1 minute."
    announce(subscribed_event, actor=organiser, at=at + timedelta(hours=1), message="Hello")
    with pytest.raises(TooManyAnnouncements) as refused:
        announce(subscribed_event, actor=organiser, at=at + timedelta(hours=1), message="Hello")
    assert refused.value.wait == 20 * 60
    assert Announcement.objects.count() == 3


def test_limit_of_messages_counts_those_of_the_event_and_nothing_else(
    subscribed_event: Event, make_event: MakeEvent, organiser: User, at: datetime, settings: Settings
) -> None:
    settings.ANNOUNCEMENTS_PER_HOUR = 1
    announce(make_event(), actor=organiser, at=at, message="Hello")
    update_event(subscribed_event, actor=organiser, at=at, location="Milan")

    announce(subscribed_event, actor=organiser, at=at, message="Hello")

    assert subscribed_event.announcements.count() == 2


def test_refused_message_does_not_count(
    subscribed_event: Event, organiser: User, at: datetime, settings: Settings
) -> None:
    settings.ANNOUNCEMENTS_PER_HOUR = 1
    with pytest.raises(InvalidText):
        announce(subscribed_event, actor=organiser, at=at, message=" ")

    announce(subscribed_event, actor=organiser, at=at, message="Hello")


def test_limit_of_none_refuses_every_message(
    subscribed_event: Event, organiser: User, at: datetime, settings: Settings
) -> None:
    settings.ANNOUNCEMENTS_PER_HOUR = 0

    with pytest.raises(TooManyAnnouncements) as refused:
        announce(subscribed_event, actor=organiser, at=at, message="Hello")

    assert refused.value.wait == 3600
