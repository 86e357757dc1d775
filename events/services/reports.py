"""Reporting events to the site's staff, who resolve the reports in the admin."""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.services import lock_active_user
from config.database import transactional
from events.exceptions import AlreadyReported, OwnEventReported
from events.models import Event, EventReport
from events.querysets import EventReportQuerySet
from events.services.texts import clean_text
from events.text_limits import MAX_MESSAGE_LENGTH


@transactional
def report_event(event: Event, *, actor: User, at: datetime, reason: str, text: str = "") -> EventReport:
    """Report an event that the caller has checked to be visible to the actor.

    Raises:
        OwnEventReported, AccountSuspended, InvalidText
        AlreadyReported: a report of theirs about the event is open.
        Event.DoesNotExist: the event has been deleted meanwhile.
    """
    # The event before the user, as `subscribe` and the sweep do, to avoid deadlocks: inserting the row locks the event.
    event = Event.objects.live().select_for_update().get(pk=event.pk)
    lock_active_user(actor)
    if event.author_id == actor.pk:
        raise OwnEventReported
    report = EventReport(event=event, reporter=actor, reason=reason, created_at=at)
    report.text = clean_text(text, field="text", max_length=MAX_MESSAGE_LENGTH)
    try:
        with transaction.atomic():
            report.save()
    except IntegrityError as error:
        if has_open_report(event, reader=actor):
            raise AlreadyReported from error
        raise
    return report


@transactional
def resolve_reports(reports: EventReportQuerySet, *, at: datetime, outcome: str) -> int:
    """Resolve those of these reports that are open, and return how many were."""
    # By their ids, because MariaDB cannot update what it selects from.
    ids = list(reports.unresolved().values_list("pk", flat=True))
    resolved = EventReport.objects.unresolved().order_by().filter(pk__in=ids)
    return resolved.update(is_open=None, resolved_at=at, outcome=outcome)


def has_open_report(event: Event, *, reader: User) -> bool:
    """Whether a report of the reader about the event is open. One query."""
    return EventReport.objects.unresolved().filter(event=event, reporter=reader).exists()
