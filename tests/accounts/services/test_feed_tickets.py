"""Test that a ticket for the feed opens one socket, within a short time."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings

from accounts.models import FeedTicket, User
from accounts.services import (
    issue_feed_ticket,
    purge_feed_tickets,
    redeem_feed_ticket,
)
from tests.makers import MakeUser

pytestmark = pytest.mark.django_db


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
