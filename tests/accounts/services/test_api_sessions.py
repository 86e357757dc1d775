"""Signing up, API sessions and their tokens, feed tickets."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings

from accounts.exceptions import EmailTaken, InvalidToken, UsernameTaken
from accounts.models import ApiSession, FeedTicket, User
from accounts.services import (
    close_api_session,
    create_user,
    deactivate_user,
    issue_feed_ticket,
    open_api_session,
    purge_feed_tickets,
    reactivate_user,
    redeem_feed_ticket,
    refresh_api_session,
    request_deletion,
    update_profile,
)
from tests.makers import MakeUser
from tests.tokens import claims_of

pytestmark = pytest.mark.django_db


def test_register_lowers_username_and_email() -> None:
    create_user(username="Ada", email="Ada@Example.ORG", password="x")

    user = User.objects.get(email="ADA@example.org")
    assert (user.username, user.email, user.default_leads) == ("ada", "ada@example.org", [1440])
    assert user.check_password("x")


def test_register_refuses_a_name_or_address_taken_in_any_case(organiser: User) -> None:
    with pytest.raises(UsernameTaken):
        create_user(username="ORGANISER", email="new@example.org", password="x")
    with pytest.raises(EmailTaken):
        create_user(username="new", email="Organiser@Example.org", password="x")
    assert User.objects.count() == 1


def test_profile_refuses_a_username_taken(organiser: User, stranger: User) -> None:
    with pytest.raises(UsernameTaken):
        update_profile(organiser, username="Stranger")

    assert update_profile(organiser, username="Boss", time_zone="Europe/Rome").username == "boss"


def test_deactivation_locks_once_and_ends_the_sessions(organiser: User, at: datetime) -> None:
    open_api_session(organiser, at=at)

    assert [deactivate_user(organiser, at=at) for _ in range(2)] == [True, False]
    assert not User.objects.active().exists()
    assert ApiSession.objects.get().revoked_at == at


def test_reactivation_unlocks_once(organiser: User, at: datetime) -> None:
    deactivate_user(organiser, at=at)

    assert [reactivate_user(organiser, at=at) for _ in range(2)] == [True, False]
    assert User.objects.active().get() == organiser


def test_reactivation_leaves_an_account_that_is_to_go(organiser: User, at: datetime) -> None:
    request_deletion(organiser, at=at)

    assert not reactivate_user(organiser, at=at)


def test_refresh_hands_out_new_tokens_of_the_same_session(organiser: User, at: datetime) -> None:
    first = open_api_session(organiser, at=at)

    second = refresh_api_session(first.refresh, at=at)

    assert second.refresh != first.refresh
    assert claims_of(second.access)["sid"] == ApiSession.objects.get().pk


def test_refresh_token_used_twice_revokes_all_sessions_of_the_user(organiser: User, at: datetime) -> None:
    stolen, other = open_api_session(organiser, at=at), open_api_session(organiser, at=at)
    following = refresh_api_session(stolen.refresh, at=at)

    with pytest.raises(InvalidToken):
        refresh_api_session(stolen.refresh, at=at)

    assert not ApiSession.objects.live().exists()
    for each in (following, other):
        with pytest.raises(InvalidToken):
            refresh_api_session(each.refresh, at=at)


def test_refresh_is_refused_for_what_is_no_refresh_token_of_an_active_user(organiser: User, at: datetime) -> None:
    pair = open_api_session(organiser, at=at)

    for token in ("", "a.b.c", pair.access, pair.refresh[:-2]):
        with pytest.raises(InvalidToken):
            refresh_api_session(token, at=at)
    User.objects.update(is_active=False)
    with pytest.raises(InvalidToken):
        refresh_api_session(pair.refresh, at=at)


def test_refresh_is_refused_after_a_password_change(organiser: User, at: datetime) -> None:
    pair = open_api_session(organiser, at=at)
    organiser.set_password("another")
    organiser.save()

    with pytest.raises(InvalidToken):
        refresh_api_session(pair.refresh, at=at)


def test_refresh_of_a_user_who_is_gone_is_refused(organiser: User, at: datetime) -> None:
    pair = open_api_session(organiser, at=at)
    organiser.delete()

    with pytest.raises(InvalidToken):
        refresh_api_session(pair.refresh, at=at)


def test_logout_ends_its_session_and_no_other(organiser: User, at: datetime) -> None:
    first, second = open_api_session(organiser, at=at), open_api_session(organiser, at=at)

    close_api_session(first.refresh, at=at)

    with pytest.raises(InvalidToken):
        refresh_api_session(first.refresh, at=at)
    assert refresh_api_session(second.refresh, at=at)
    with pytest.raises(InvalidToken):
        close_api_session("nonsense", at=at)


def test_deletion_request_locks_the_account_and_its_sessions(organiser: User, at: datetime) -> None:
    open_api_session(organiser, at=at)

    request_deletion(organiser, at=at)
    request_deletion(organiser, at=at + timedelta(days=1))

    organiser.refresh_from_db()
    assert (organiser.is_active, organiser.deletion_requested_at) == (False, at)
    assert ApiSession.objects.get().revoked_at == at


def test_ticket_opens_once_and_is_not_stored(organiser: User, at: datetime) -> None:
    ticket = issue_feed_ticket(organiser, at=at, session_key="key")

    assert not FeedTicket.objects.filter(digest=ticket).exists()
    redeemed = redeem_feed_ticket(ticket, at=at)
    assert redeemed is not None
    assert (redeemed.user, redeemed.session_key) == (organiser, "key")
    assert redeem_feed_ticket(ticket, at=at) is None


def test_ticket_expires(organiser: User, at: datetime) -> None:
    lifetime = timedelta(seconds=settings.FEED_TICKET_SECONDS)

    late = issue_feed_ticket(organiser, at=at)
    in_time = issue_feed_ticket(organiser, at=at)

    assert redeem_feed_ticket(late, at=at + lifetime) is None
    assert redeem_feed_ticket(in_time, at=at + lifetime - timedelta(seconds=1)) is not None


def test_ticket_of_a_locked_user_is_refused(make_user: MakeUser, at: datetime) -> None:
    ticket = issue_feed_ticket(make_user("locked"), at=at)
    User.objects.update(is_active=False)

    assert redeem_feed_ticket(ticket, at=at) is None


def test_purge_removes_expired_tickets_only(organiser: User, at: datetime) -> None:
    issue_feed_ticket(organiser, at=at - timedelta(seconds=settings.FEED_TICKET_SECONDS))
    issue_feed_ticket(organiser, at=at)

    assert purge_feed_tickets(at=at) == 1
    assert FeedTicket.objects.count() == 1
