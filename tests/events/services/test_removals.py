"""Test removing subscribers: who is removed, and how they can subscribe again."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from accounts.services import purge_user
from events.exceptions import AlreadySubscribed, NotAuthor, QuotaExceeded, SubscriptionRefused
from events.models import Event, Reminder, Removal, Subscription
from events.services import (
    allow_again,
    announce,
    delete_event,
    purge_event_chunk,
    remove_old_invite_subscribers,
    remove_subscriber,
    renew_invite,
    subscribe,
    unsubscribe,
    update_event,
)
from events.services import events as event_services
from notifications.delivery.sweeper import sweep
from notifications.models import Notification
from tests.makers import MakeEvent, MakeUser

pytestmark = pytest.mark.django_db
NOBODY = 987_654


@pytest.fixture
def event_with_subscribers(make_event: MakeEvent, subscriber: User, stranger: User, at: datetime) -> Event:
    """Return a public event with two subscribers."""
    event = make_event()
    for user in (subscriber, stranger):
        subscribe(event, actor=user, at=at, leads=[60, 10])
    return event


@pytest.fixture
def private_event(make_event: MakeEvent, subscriber: User, stranger: User, at: datetime) -> Event:
    """Return a private event with two subscribers, who used its first invite."""
    event = make_event(state="private")
    for user in (subscriber, stranger):
        subscribe(event, actor=user, at=at, leads=[60], invite=event.invite_token)
    return event


def subscribers_of(event: Event) -> list[str]:
    """Return the subscribers' names, after checking the event's count."""
    names = list(event.subscriptions.order_by("pk").values_list("user__username", flat=True))
    assert Event.objects.get(pk=event.pk).subscriber_count == len(names)
    return names


def sees(user: User, event: Event, invite: str = "") -> bool:
    return Event.objects.visible_to(user, invite).filter(pk=event.pk).exists()


# ---------------------------------------------------------------------------------------------------- removing somebody


def test_removed_subscriber_goes_with_their_reminders(
    event_with_subscribers: Event, organiser: User, subscriber: User, stranger: User, at: datetime
) -> None:
    assert remove_subscriber(event_with_subscribers, actor=organiser, user_id=subscriber.pk, at=at)

    assert subscribers_of(event_with_subscribers) == ["stranger"]
    assert set(Reminder.objects.values_list("subscription__user", flat=True)) == {stranger.pk}
    removal = Removal.objects.get()
    assert (removal.user, removal.removed_at, removal.barred_invite) == (
        subscriber,
        at,
        event_with_subscribers.invite_token,
    )


def test_removing_twice_is_possible_and_changes_nobody_else(
    event_with_subscribers: Event, organiser: User, subscriber: User, at: datetime
) -> None:
    remove_subscriber(event_with_subscribers, actor=organiser, user_id=subscriber.pk, at=at)

    assert not remove_subscriber(event_with_subscribers, actor=organiser, user_id=subscriber.pk, at=at)

    assert subscribers_of(event_with_subscribers) == ["stranger"]
    assert Removal.objects.count() == 1


def test_somebody_who_has_just_left_is_kept_out_too(
    event_with_subscribers: Event, organiser: User, subscriber: User, at: datetime
) -> None:
    unsubscribe(event_with_subscribers, actor=subscriber)

    assert not remove_subscriber(event_with_subscribers, actor=organiser, user_id=subscriber.pk, at=at)

    with pytest.raises(SubscriptionRefused):
        subscribe(event_with_subscribers, actor=subscriber, at=at)


@pytest.mark.parametrize("user_id", [NOBODY, 0, 2**70])
def test_removing_an_unknown_user_changes_nothing(
    event_with_subscribers: Event, organiser: User, at: datetime, user_id: int
) -> None:
    assert not remove_subscriber(event_with_subscribers, actor=organiser, user_id=user_id, at=at)

    assert subscribers_of(event_with_subscribers) == ["subscriber", "stranger"]
    assert not Removal.objects.exists()


def test_organiser_is_not_removed_from_their_own_event(
    event_with_subscribers: Event, organiser: User, at: datetime
) -> None:
    assert not remove_subscriber(event_with_subscribers, actor=organiser, user_id=organiser.pk, at=at)

    assert not Removal.objects.exists()


def test_only_the_organiser_removes_and_allows(
    event_with_subscribers: Event, subscriber: User, stranger: User, at: datetime
) -> None:
    with pytest.raises(NotAuthor):
        remove_subscriber(event_with_subscribers, actor=subscriber, user_id=stranger.pk, at=at)
    with pytest.raises(NotAuthor):
        remove_old_invite_subscribers(event_with_subscribers, actor=subscriber, subscription_ids=[1, 2], at=at)
    with pytest.raises(NotAuthor):
        allow_again(event_with_subscribers, actor=subscriber, user_id=stranger.pk)

    assert subscribers_of(event_with_subscribers) == ["subscriber", "stranger"]


def test_nobody_is_removed_from_a_deleted_event(
    event_with_subscribers: Event, organiser: User, subscriber: User, at: datetime
) -> None:
    delete_event(event_with_subscribers, actor=organiser, at=at)

    with pytest.raises(Event.DoesNotExist):
        remove_subscriber(event_with_subscribers, actor=organiser, user_id=subscriber.pk, at=at)
    with pytest.raises(Event.DoesNotExist):
        allow_again(event_with_subscribers, actor=organiser, user_id=subscriber.pk)


def test_removal_concerns_one_event_alone(
    event_with_subscribers: Event, make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    other = make_event()

    remove_subscriber(event_with_subscribers, actor=organiser, user_id=subscriber.pk, at=at)

    assert subscribe(other, actor=subscriber, at=at).pk


def test_announcement_that_was_not_sent_yet_does_not_reach_removed_people(
    event_with_subscribers: Event, organiser: User, subscriber: User, stranger: User, at: datetime
) -> None:
    announce(event_with_subscribers, actor=organiser, at=at, message="Bring a coat.")
    remove_subscriber(event_with_subscribers, actor=organiser, user_id=subscriber.pk, at=at)

    sweep()

    assert set(Notification.objects.values_list("recipient", flat=True)) == {stranger.pk}


# ---------------------------------------------------------------------------------------------------------- coming back


def test_removed_person_sees_a_public_event_and_cannot_subscribe(
    event_with_subscribers: Event, organiser: User, subscriber: User, at: datetime
) -> None:
    remove_subscriber(event_with_subscribers, actor=organiser, user_id=subscriber.pk, at=at)

    assert sees(subscriber, event_with_subscribers)
    for invite in (None, "", event_with_subscribers.invite_token, "made-up"):
        with pytest.raises(SubscriptionRefused) as refusal:
            subscribe(event_with_subscribers, actor=subscriber, at=at, invite=invite)
        assert (refusal.value.status, str(refusal.value)) == (409, "You can’t subscribe to this event.")
    assert subscribers_of(event_with_subscribers) == ["stranger"]


def test_removed_person_sees_a_private_event_no_longer_by_the_same_invite(
    private_event: Event, organiser: User, subscriber: User, stranger: User, at: datetime
) -> None:
    remove_subscriber(private_event, actor=organiser, user_id=subscriber.pk, at=at)

    assert not sees(subscriber, private_event, private_event.invite_token)
    assert not sees(subscriber, private_event)
    assert sees(stranger, private_event)
    for invite in (None, "", private_event.invite_token):
        with pytest.raises(Event.DoesNotExist):
            subscribe(private_event, actor=subscriber, at=at, invite=invite)
    assert subscribers_of(private_event) == ["stranger"]


def test_removed_person_comes_back_by_an_invite_renewed_since(
    private_event: Event, organiser: User, subscriber: User, at: datetime
) -> None:
    remove_subscriber(private_event, actor=organiser, user_id=subscriber.pk, at=at)
    renewed = renew_invite(private_event, actor=organiser)

    assert not sees(subscriber, private_event, private_event.invite_token)
    assert not sees(subscriber, private_event)
    assert sees(subscriber, private_event, renewed.invite_token)
    with pytest.raises(Event.DoesNotExist):
        subscribe(private_event, actor=subscriber, at=at, invite=private_event.invite_token)
    assert subscribe(private_event, actor=subscriber, at=at, invite=renewed.invite_token).pk
    assert subscribers_of(private_event) == ["stranger", "subscriber"]
    assert not Removal.objects.exists()


def test_invite_renewed_before_the_removal_does_not_bring_back(
    private_event: Event, organiser: User, subscriber: User, at: datetime
) -> None:
    renewed = renew_invite(private_event, actor=organiser)
    remove_subscriber(private_event, actor=organiser, user_id=subscriber.pk, at=at)

    assert not sees(subscriber, private_event, renewed.invite_token)
    with pytest.raises(Event.DoesNotExist):
        subscribe(private_event, actor=subscriber, at=at, invite=renewed.invite_token)


def test_subscriber_who_is_removed_again_after_a_renewal_stays_out(
    private_event: Event, organiser: User, subscriber: User, at: datetime
) -> None:
    remove_subscriber(private_event, actor=organiser, user_id=subscriber.pk, at=at)
    renewed = renew_invite(private_event, actor=organiser)
    remove_subscriber(private_event, actor=organiser, user_id=subscriber.pk, at=at)

    assert not sees(subscriber, private_event, renewed.invite_token)
    assert Removal.objects.get().barred_invite == renewed.invite_token


def test_removed_person_can_come_back_once_allowed(
    event_with_subscribers: Event, private_event: Event, organiser: User, subscriber: User, at: datetime
) -> None:
    for each in (event_with_subscribers, private_event):
        remove_subscriber(each, actor=organiser, user_id=subscriber.pk, at=at)
        assert allow_again(each, actor=organiser, user_id=subscriber.pk)
        assert not allow_again(each, actor=organiser, user_id=subscriber.pk)

        assert subscribe(each, actor=subscriber, at=at, invite=each.invite_token).pk
        assert subscribers_of(each) == ["stranger", "subscriber"]


def test_allowing_an_unknown_user_changes_nothing(event_with_subscribers: Event, organiser: User) -> None:
    for user_id in (NOBODY, 2**70):
        assert not allow_again(event_with_subscribers, actor=organiser, user_id=user_id)


def test_removal_outlives_a_change_from_private_to_public(
    private_event: Event, organiser: User, subscriber: User, at: datetime
) -> None:
    remove_subscriber(private_event, actor=organiser, user_id=subscriber.pk, at=at)
    update_event(private_event, actor=organiser, at=at, state="public")

    assert sees(subscriber, private_event)
    with pytest.raises(SubscriptionRefused):
        subscribe(private_event, actor=subscriber, at=at, invite="")


def test_refusal_for_another_reason_keeps_the_removal(
    private_event: Event, organiser: User, subscriber: User, at: datetime, settings: Settings
) -> None:
    remove_subscriber(private_event, actor=organiser, user_id=subscriber.pk, at=at)
    renewed = renew_invite(private_event, actor=organiser)
    settings.MAX_SUBSCRIPTIONS_PER_USER = 0

    with pytest.raises(QuotaExceeded), transaction.atomic():
        subscribe(private_event, actor=subscriber, at=at, invite=renewed.invite_token)

    assert Removal.objects.count() == 1


def test_invite_renewed_while_somebody_subscribes_by_the_old_one_lets_them_in_no_longer(
    private_event: Event, organiser: User, make_user: MakeUser, at: datetime
) -> None:
    """Somebody who is subscribed already gets the same answer as before."""
    late, there = make_user("late"), User.objects.get(username="subscriber")
    renew_invite(private_event, actor=organiser)

    with pytest.raises(Event.DoesNotExist):
        subscribe(private_event, actor=late, at=at, invite=private_event.invite_token)
    with pytest.raises(AlreadySubscribed):
        subscribe(private_event, actor=there, at=at, invite=private_event.invite_token)


@pytest.mark.parametrize("state", ["public", "private"])
def test_visibility_is_one_query_with_and_without_an_invite(
    make_event: MakeEvent, stranger: User, django_assert_num_queries: DjangoAssertNumQueries, state: str
) -> None:
    event = make_event(state=state)

    with django_assert_num_queries(1):
        assert sees(stranger, event, event.invite_token)
    assert "removal" not in str(Event.objects.visible_to(stranger).query)


# ----------------------------------------------------------------------------- removing those who came by an older link


def subscription_ids(event: Event) -> list[int]:
    return list(event.subscriptions.order_by("pk").values_list("pk", flat=True))


def test_chosen_subscribers_of_an_old_invite_go_and_come_back_by_the_present_one(
    private_event: Event, organiser: User, subscriber: User, at: datetime
) -> None:
    renewed = renew_invite(private_event, actor=organiser)
    first, _ = subscription_ids(private_event)

    assert remove_old_invite_subscribers(private_event, actor=organiser, subscription_ids=[first], at=at) == 1

    assert subscribers_of(private_event) == ["stranger"]
    assert not Reminder.objects.filter(subscription__user=subscriber).exists()
    assert not sees(subscriber, private_event, private_event.invite_token)
    assert sees(subscriber, private_event, renewed.invite_token)
    assert subscribe(private_event, actor=subscriber, at=at, invite=renewed.invite_token).pk
    assert subscribers_of(private_event) == ["stranger", "subscriber"]


def test_subscribers_by_the_present_invite_are_not_removed_with_those_of_the_old_one(
    private_event: Event, organiser: User, make_user: MakeUser, at: datetime
) -> None:
    renewed = renew_invite(private_event, actor=organiser)
    subscribe(private_event, actor=make_user("invited"), at=at, invite=renewed.invite_token)

    ids = subscription_ids(private_event)

    assert remove_old_invite_subscribers(private_event, actor=organiser, subscription_ids=ids, at=at) == 2
    assert subscribers_of(private_event) == ["invited"]


def test_nobody_came_by_an_old_invite_where_it_was_never_renewed(
    private_event: Event, organiser: User, at: datetime
) -> None:
    ids = subscription_ids(private_event)

    assert remove_old_invite_subscribers(private_event, actor=organiser, subscription_ids=ids, at=at) == 0
    assert subscribers_of(private_event) == ["subscriber", "stranger"]


def test_subscriptions_to_other_events_and_unknown_ones_are_not_removed(
    private_event: Event, event_with_subscribers: Event, organiser: User, at: datetime
) -> None:
    renew_invite(private_event, actor=organiser)
    renew_invite(event_with_subscribers, actor=organiser)

    ids = [*subscription_ids(event_with_subscribers), NOBODY]

    assert remove_old_invite_subscribers(private_event, actor=organiser, subscription_ids=ids, at=at) == 0
    assert subscribers_of(event_with_subscribers) == ["subscriber", "stranger"]


def test_no_more_are_removed_at_once_than_a_page_shows(
    private_event: Event, organiser: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.services.removals.MAX_REMOVED_AT_ONCE", 1)
    renew_invite(private_event, actor=organiser)
    ids = subscription_ids(private_event)

    assert remove_old_invite_subscribers(private_event, actor=organiser, subscription_ids=ids, at=at) == 1
    assert len(subscribers_of(private_event)) == 1


def test_removing_many_costs_as_many_queries_as_removing_one(
    make_event: MakeEvent,
    make_user: MakeUser,
    organiser: User,
    at: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for count in (1, 3):
        event = make_event(state="private")
        for number in range(count):
            subscribe(event, actor=make_user(f"fan{count}{number}"), at=at, leads=[60])
        renew_invite(event, actor=organiser)
        ids = subscription_ids(event)

        # Event, subscriptions, users; removals out and in; who has subscribed; subscriptions, reminders out,
        # subscriptions out; that they have ended, out and in; the count.
        with django_assert_num_queries(12):
            remove_old_invite_subscribers(event, actor=organiser, subscription_ids=ids, at=at)


# -------------------------------------------------------------------------------------------------------------- purging


def test_purging_an_event_removes_its_removals_by_chunks(
    event_with_subscribers: Event,
    organiser: User,
    subscriber: User,
    stranger: User,
    at: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(event_services, "PURGE_CHUNK", 1)
    for user in (subscriber, stranger):
        remove_subscriber(event_with_subscribers, actor=organiser, user_id=user.pk, at=at)
    delete_event(event_with_subscribers, actor=organiser, at=at)

    chunks = 2 * 2  # of one row each: two removals, and two ended subscriptions
    assert [purge_event_chunk(event_with_subscribers) for _ in range(chunks + 1)] == [False] * chunks + [True]
    assert not Removal.objects.exists()


def test_purging_an_account_removes_its_removals(
    event_with_subscribers: Event, organiser: User, subscriber: User, at: datetime
) -> None:
    remove_subscriber(event_with_subscribers, actor=organiser, user_id=subscriber.pk, at=at)

    purge_user(subscriber)

    assert not Removal.objects.exists()


def test_subscriber_who_deletes_their_account_meanwhile_is_removed_all_the_same(
    event_with_subscribers: Event, organiser: User, subscriber: User, at: datetime
) -> None:
    User.objects.filter(pk=subscriber.pk).update(is_active=False, deletion_requested_at=at - timedelta(seconds=1))

    assert remove_subscriber(event_with_subscribers, actor=organiser, user_id=subscriber.pk, at=at)
    assert not Subscription.objects.filter(user=subscriber).exists()
