"""Test which rows the querysets select, on both sides of each boundary."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from events.models import Event, Reminder
from events.services import cancel_event, delete_event, subscribe
from tests.makers import MakeEvent

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def test_upcoming_and_past_meet_at_the_end(make_event: MakeEvent) -> None:
    event = make_event()

    assert event in Event.objects.upcoming(event.over_at - SECOND)
    assert event not in Event.objects.upcoming(event.over_at)
    assert event in Event.objects.past(event.over_at)
    assert event not in Event.objects.past(event.over_at - SECOND)


def test_draft_is_visible_to_its_organiser_alone(make_event: MakeEvent, organiser: User, stranger: User) -> None:
    event = make_event(state="draft")

    visible = {user: event in Event.objects.visible_to(user, event.invite_token) for user in (organiser, stranger)}

    assert visible == {organiser: True, stranger: False}
    assert event not in Event.objects.visible_to(AnonymousUser(), event.invite_token)


def test_private_is_visible_to_organiser_subscriber_and_bearer_of_the_invite(
    make_event: MakeEvent, organiser: User, subscriber: User, stranger: User, at: datetime
) -> None:
    event = make_event(state="private")
    subscribe(event, actor=subscriber, at=at)

    assert event in Event.objects.visible_to(organiser)
    assert event in Event.objects.visible_to(subscriber)
    assert event not in Event.objects.visible_to(stranger)
    assert event not in Event.objects.visible_to(stranger, "wrong")
    assert event in Event.objects.visible_to(stranger, event.invite_token)
    assert event in Event.objects.visible_to(AnonymousUser(), event.invite_token)
    assert event not in Event.objects.visible_to(AnonymousUser())


def test_deleted_is_visible_to_nobody(make_event: MakeEvent, organiser: User, at: datetime) -> None:
    event = make_event()
    delete_event(event, actor=organiser, at=at)

    assert event not in Event.objects.visible_to(organiser)
    assert event not in Event.objects.visible_to(AnonymousUser())


def test_listed_holds_public_events_that_are_not_cancelled(
    make_event: MakeEvent, organiser: User, at: datetime
) -> None:
    public = make_event()
    make_event(state="private")
    make_event(state="draft")
    cancel_event(make_event(), actor=organiser, at=at)
    delete_event(make_event(), actor=organiser, at=at)

    assert list(Event.objects.listed()) == [public]


def test_subscribed_by_holds_what_is_cancelled_and_not_what_is_deleted(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    cancelled, deleted = make_event(), make_event()
    for event in (cancelled, deleted):
        subscribe(event, actor=subscriber, at=at)
    cancel_event(cancelled, actor=organiser, at=at)
    delete_event(deleted, actor=organiser, at=at)

    assert list(Event.objects.subscribed_by(subscriber)) == [cancelled]


@pytest.mark.parametrize("text", ["STRASSE", "straße", "Straße"])
def test_matching_folds_case_also_beyond_ascii(make_event: MakeEvent, text: str) -> None:
    event = make_event(location="Hauptstraße 1")

    assert list(Event.objects.matching(text)) == [event]


@pytest.mark.parametrize("text", ["%", "_", "\\", "'"])
def test_matching_takes_wildcards_literally(make_event: MakeEvent, text: str) -> None:
    make_event(headline="Nothing special")

    assert not Event.objects.matching(text)


def test_due_holds_reminders_whose_time_has_come(make_event: MakeEvent, subscriber: User, at: datetime) -> None:
    event = make_event(starts_at=at + timedelta(days=2))
    subscribe(event, actor=subscriber, at=at, leads=[60])
    due_at = event.starts_at - timedelta(minutes=60)

    assert Reminder.objects.due(due_at).count() == 1
    assert Reminder.objects.due(due_at - SECOND).count() == 0
