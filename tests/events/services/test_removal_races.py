"""Test removing somebody while they subscribe, with MariaDB's locks and with SQLite's transactions."""

from datetime import datetime

import pytest

from accounts.models import User
from config.database import database_now
from events.models import Event, Reminder, Removal
from events.services import remove_old_invite_subscribers, remove_subscriber, renew_invite, subscribe, unsubscribe
from tests.makers import MakeEvent, MakeUser
from tests.notifications.delivery.test_concurrency import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)
REFUSED = {"subscription_refused", "DoesNotExist"}


def assert_right(event: Event, subscribed: set[User]) -> None:
    """Check who is subscribed, that the event's count agrees, and that nobody is both subscribed and removed."""
    users = {each.user for each in event.subscriptions.select_related("user")}
    assert users == subscribed
    assert Event.objects.get(pk=event.pk).subscriber_count == len(users)
    assert not Removal.objects.filter(event=event, user__in=users).exists()
    assert Reminder.objects.filter(event=event).count() == len(users)


def codes(errors: list[Exception]) -> set[str]:
    return {getattr(error, "code", type(error).__name__) for error in errors}


@pytest.mark.parametrize("attempt", range(3))
@pytest.mark.parametrize("state", ["public", "private"])
def test_user_who_is_removed_while_they_subscribe_is_not_subscribed(
    make_event: MakeEvent, make_user: MakeUser, organiser: User, at: datetime, state: str, attempt: int
) -> None:
    event = make_event(state=state)
    people = [make_user(f"person{number}") for number in range(8)]

    errors = run_at_once(
        *[
            lambda user=user: subscribe(event, actor=user, at=at, leads=[60], invite=event.invite_token)
            for user in people
        ],
        *[
            lambda user=user: remove_subscriber(event, actor=organiser, user_id=user.pk, at=database_now())
            for user in people
        ],
    )

    assert codes(errors) <= REFUSED
    assert_right(event, set())
    assert Removal.objects.count() == len(people)


@pytest.mark.parametrize("attempt", range(3))
def test_user_who_leaves_and_comes_back_while_they_are_removed_is_not_subscribed(
    make_event: MakeEvent, subscriber: User, stranger: User, organiser: User, at: datetime, attempt: int
) -> None:
    event = make_event()
    for user in (subscriber, stranger):
        subscribe(event, actor=user, at=at, leads=[60])

    def flap() -> None:
        for _ in range(3):
            unsubscribe(event, actor=subscriber)
            subscribe(event, actor=subscriber, at=at, leads=[60])

    errors = run_at_once(
        flap, lambda: remove_subscriber(event, actor=organiser, user_id=subscriber.pk, at=database_now())
    )

    assert codes(errors) <= REFUSED
    assert_right(event, {stranger})


@pytest.mark.parametrize("attempt", range(3))
def test_old_link_used_while_it_is_renewed_and_its_subscribers_removed_lets_nobody_stay(
    make_event: MakeEvent, make_user: MakeUser, organiser: User, at: datetime, attempt: int
) -> None:
    event = make_event(state="private")
    people = [make_user(f"person{number}") for number in range(6)]

    def renew_and_remove() -> None:
        renew_invite(event, actor=organiser)
        ids = list(event.subscriptions.values_list("pk", flat=True))
        remove_old_invite_subscribers(event, actor=organiser, subscription_ids=ids, at=database_now())

    errors = run_at_once(
        *[
            lambda user=user: subscribe(event, actor=user, at=at, leads=[60], invite=event.invite_token)
            for user in people
        ],
        renew_and_remove,
    )

    assert codes(errors) <= REFUSED
    assert_right(event, set())


@pytest.mark.parametrize("attempt", range(3))
def test_subscriber_who_returns_by_the_renewed_link_while_the_others_are_removed_stays(
    make_event: MakeEvent, subscriber: User, stranger: User, organiser: User, at: datetime, attempt: int
) -> None:
    event = make_event(state="private")
    for user in (subscriber, stranger):
        subscribe(event, actor=user, at=at, leads=[60], invite=event.invite_token)
    ids = list(event.subscriptions.values_list("pk", flat=True))
    invite = renew_invite(event, actor=organiser).invite_token
    unsubscribe(event, actor=subscriber)

    errors = run_at_once(
        lambda: subscribe(event, actor=subscriber, at=at, leads=[60], invite=invite),
        lambda: remove_old_invite_subscribers(event, actor=organiser, subscription_ids=ids, at=database_now()),
        lambda: remove_old_invite_subscribers(event, actor=organiser, subscription_ids=ids, at=database_now()),
    )

    assert errors == []
    assert_right(event, {subscriber})
