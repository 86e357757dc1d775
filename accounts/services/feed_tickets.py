"""One-time tickets for the feed."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings

from accounts.models import FeedTicket, User
from config.database import transactional


@transactional
def issue_feed_ticket(
    user: User,
    *,
    at: datetime,
    session_key: str = "",
    api_session_id: int | None = None,
) -> str:
    """Return a ticket that opens the feed once within `FEED_TICKET_SECONDS`; only its digest is stored."""
    ticket = secrets.token_urlsafe(32)
    FeedTicket.objects.create(
        digest=_digest(ticket),
        user=user,
        expires_at=at + timedelta(seconds=settings.FEED_TICKET_SECONDS),
        session_key=session_key,
        api_session_id=api_session_id,
    )
    return ticket


def redeem_feed_ticket(ticket: str, *, at: datetime) -> FeedTicket | None:
    """Use up a ticket and return it; None if it is unknown, used or expired, or if its user is suspended.

    If it is redeemed twice at once, the DELETE decides which of the two calls gets it. It is valid while
    `expires_at > at`.
    """
    found = FeedTicket.objects.filter(digest=_digest(ticket)).select_related("user", "api_session").first()
    if found is None:
        return None
    deleted, _ = FeedTicket.objects.filter(pk=found.pk).delete()
    return found if deleted and found.expires_at > at and found.user.is_active else None


def purge_feed_tickets(*, at: datetime) -> int:
    """Delete the tickets that were not redeemed in time, and return how many."""
    deleted, _ = FeedTicket.objects.expired(at).delete()
    return deleted


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
