"""What becomes of an organiser's events when staff suspend the account, and when they reactivate it.

The sweep cancels or deletes the events, in small batches, because there may be hundreds of them.
"""

from datetime import datetime
from enum import StrEnum

from accounts.models import User
from accounts.services import reinstate_user, suspend_user
from config.database import transactional
from events.models import Event, EventReport, PendingCancellation
from events.services.events import cancel_event, delete_event
from events.services.reports import resolve_reports
from events.services.texts import clean_text
from events.text_limits import MAX_MESSAGE_LENGTH


class Fate(StrEnum):
    """What becomes of the events of a suspended organiser."""

    KEEP = "keep"
    # The upcoming ones leave all lists, and their pages say that they are cancelled.
    CANCEL = "cancel"
    # All of them are hidden from everybody.
    DELETE = "delete"


@transactional
def suspend_organiser(user: User, *, at: datetime, fate: Fate = Fate.KEEP, reason: str = "") -> bool:
    """Suspend an account as `suspend_user` does, and decide what becomes of its events. Return whether it was active.

    If they do not stay, the sweep notifies the subscribers of those that have not ended, and open reports about the
    organiser's events are resolved. A later decision replaces an earlier one that the sweep has not carried out, except
    that keeping the events of an account that is suspended already changes nothing: the page that asks for it may be
    older than that decision.

    Raises:
        InvalidText: the reason is too long or contains invalid characters.
    """
    text = clean_text(reason, field="reason", max_length=MAX_MESSAGE_LENGTH)
    was_active = suspend_user(user, at=at)
    if fate == Fate.KEEP and not was_active:
        return False
    if fate == Fate.KEEP:
        PendingCancellation.objects.filter(organiser=user).delete()
        return was_active
    facts = {"is_deletion": fate == Fate.DELETE, "reason": text, "requested_at": at}
    PendingCancellation.objects.update_or_create(organiser=user, defaults=facts)
    resolve_reports(EventReport.objects.filter(event__author=user), at=at, outcome=EventReport.Outcome.ACTED)
    return was_active


@transactional
def reinstate_organiser(user: User, *, at: datetime) -> bool:
    """Reinstate an account as `reinstate_user` does. Return whether this changed anything.

    Events that the sweep has not cancelled or deleted yet stay.
    """
    reinstated = reinstate_user(user, at=at)
    if reinstated:
        PendingCancellation.objects.filter(organiser=user).delete()
    return reinstated


@transactional
def settle_cancellation(pending: PendingCancellation, *, at: datetime, limit: int) -> int:
    """Cancel or delete at most `limit` events of a suspended organiser. Return how many.

    Once none is left, the fact is removed. This does nothing if the account was reinstated meanwhile, or if another
    sweep is at it.
    """
    # Without the organiser's row, which `suspend_organiser` locks before this one.
    locked = PendingCancellation.objects.select_for_update(skip_locked=True).filter(pk=pending.pk).first()
    if locked is None:
        return 0
    organiser = locked.organiser
    owned = Event.objects.owned_by(organiser).order_by("id")
    events = list((owned if locked.is_deletion else owned.to_be_cancelled(at))[:limit])
    for event in events:
        if locked.is_deletion:
            delete_event(event, actor=organiser, at=at, reason=locked.reason)
        else:
            cancel_event(event, actor=organiser, at=at, reason=locked.reason)
    if not events:
        locked.delete()
    return len(events)
