"""Test making, renewing and removing the secret URL of a calendar feed, and what ends it."""

from datetime import datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.exceptions import AccountSuspended
from accounts.models import User
from accounts.services import purge_user, reinstate_user, suspend_user
from events.models import CalendarFeed
from events.querysets import TOKEN_FORM
from events.services import feed_of, remove_feed, renew_feed
from tests.accounts import addresses

pytestmark = pytest.mark.django_db


def test_user_has_no_feed_at_first(subscriber: User) -> None:
    assert feed_of(subscriber) is None


def test_feed_has_a_token_of_128_bits(subscriber: User, at: datetime) -> None:
    feed = renew_feed(subscriber, at=at)

    assert TOKEN_FORM.fullmatch(feed.token)
    assert (feed_of(subscriber), feed.created_at) == (feed, at)


def test_renewed_feed_has_another_token(subscriber: User, stranger: User, at: datetime) -> None:
    others = renew_feed(stranger, at=at)
    old = renew_feed(subscriber, at=at).token

    new = renew_feed(subscriber, at=at + timedelta(hours=1))

    assert len({old, new.token, others.token}) == 3
    assert [*CalendarFeed.objects.usable().with_token(old)] == []
    assert [*CalendarFeed.objects.usable().with_token(new.token)] == [new]
    assert feed_of(stranger) == others


def test_removed_feed_is_gone_and_can_be_removed_again(subscriber: User, at: datetime) -> None:
    renew_feed(subscriber, at=at)

    remove_feed(subscriber)
    remove_feed(subscriber)

    assert not CalendarFeed.objects.exists()


def test_suspension_ends_the_feed_for_good(subscriber: User, at: datetime) -> None:
    token = renew_feed(subscriber, at=at).token

    suspend_user(subscriber, at=at)

    assert [*CalendarFeed.objects.usable().with_token(token)] == []
    with pytest.raises(AccountSuspended):
        renew_feed(subscriber, at=at)
    reinstate_user(subscriber, at=at)
    assert feed_of(subscriber) is None
    assert feed_of(subscriber) != renew_feed(subscriber, at=at) == feed_of(subscriber)


def test_undoing_a_change_of_email_address_ends_the_feed(subscriber: User, at: datetime) -> None:
    User.objects.filter(pk=subscriber.pk).update(email_verified_at=at)
    token, address = renew_feed(subscriber, at=at).token, subscriber.email
    addresses.change(subscriber, "thief@example.org", at=at)

    addresses.undo(address, at=at)

    assert [*CalendarFeed.objects.usable().with_token(token)] == []
    subscriber.refresh_from_db()
    assert renew_feed(subscriber, at=at) == feed_of(subscriber)


def test_feed_goes_with_its_account(subscriber: User, at: datetime) -> None:
    renew_feed(subscriber, at=at)

    purge_user(subscriber)

    assert not CalendarFeed.objects.exists()


@pytest.mark.parametrize("text", ["", "a" * 31, "a" * 33, "A" * 32, "ａ" * 32, "0" * 31 + "\n", "0" * 32 + "\n"])
def test_text_without_the_form_of_a_token_is_not_looked_up(
    text: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert [*CalendarFeed.objects.with_token(text)] == []
