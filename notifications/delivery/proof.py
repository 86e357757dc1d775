"""The delivery report: what an event's subscribers were notified of, and how many notifications have been read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from events.local_time import today_in
from events.models import Announcement, Event
from events.presentation.times import lead_text, moment_text
from notifications.inbox.pages import ICONS
from notifications.models import Notification
from notifications.wording import wording

# The report shows at most so many rows, the newest ones. The totals include all of them.
MAX_SHOWN = 100
MAX_TEXT_LENGTH = 160


@dataclass(frozen=True)
class Counts:
    """Numbers of inbox rows: all of them, those that have been read, and those that were also emailed."""

    sent: int = 0
    read: int = 0
    emailed: int = 0


@dataclass(frozen=True)
class ProofRow:
    """One row of the report: the reminders of one lead before one start, or one announcement."""

    icon: str
    title: str
    # What the notification said, or the start that reminders were for if it has changed; otherwise empty.
    text: str
    # When the first notification was written, or None if there is none. `when` is the same in words, or says why not.
    began_at: datetime | None
    when: str
    is_going_out: bool
    counts: Counts


@dataclass(frozen=True)
class Proof:
    total: Counts
    # The row whose delivery began last comes first. Announcements without any notification yet precede all others.
    rows: list[ProofRow]
    hidden_count: int


def proof_of(event: Event, *, zone: ZoneInfo, at: datetime) -> Proof:
    """Return the delivery report of one event, with times in the reader's `zone`. Two queries."""
    sources = list(Notification.objects.of_event(event).counted_by_source())
    announcements = {f"announcement:{each.pk}": each for each in event.announcements.order_by("-pk")[:MAX_SHOWN]}
    delivered = {row["source"] for row in sources}
    waiting = [each for source, each in announcements.items() if source not in delivered]
    rows = [_waiting_row(each, event, zone=zone, at=at) for each in waiting]
    rows += [_sent_row(row, announcements.get(row["source"]), event, zone=zone, at=at) for row in sources[:MAX_SHOWN]]
    return Proof(
        total=Counts(*(sum(row[name] for row in sources) for name in ("sent", "read", "emailed"))),
        rows=rows[:MAX_SHOWN],
        hidden_count=max(0, len(waiting) + len(sources) - MAX_SHOWN),
    )


def _sent_row(
    row: dict[str, Any], announcement: Announcement | None, event: Event, *, zone: ZoneInfo, at: datetime
) -> ProofRow:
    return ProofRow(
        icon=ICONS[row["kind"]],
        title=_title(row["kind"]) if row["lead"] is None else _reminder_title(row["lead"], event),
        text=_what_was_said(announcement, event, zone=zone, at=at)
        if announcement
        else _former_start(row, event, at=at),
        began_at=row["began_at"],
        when=_moment(row["began_at"], zone=zone, at=at),
        is_going_out=announcement is not None and announcement.due_at is not None,
        counts=Counts(row["sent"], row["read"], row["emailed"]),
    )


def _waiting_row(announcement: Announcement, event: Event, *, zone: ZoneInfo, at: datetime) -> ProofRow:
    """Return the row of an announcement that is still to be delivered, or that had nobody to notify."""
    due_at = announcement.due_at
    waits = _("Scheduled for %(moment)s") % {"moment": _moment(due_at, zone=zone, at=at)} if due_at else ""
    return ProofRow(
        icon=ICONS[announcement.kind],
        title=_title(announcement.kind),
        text=_what_was_said(announcement, event, zone=zone, at=at),
        began_at=None,
        when=waits or _("No one to notify"),
        is_going_out=False,
        counts=Counts(),
    )


def _reminder_title(lead: int, event: Event) -> str:
    return _("Reminder %(lead)s") % {"lead": lead_text(lead, all_day=event.all_day)}


def _title(kind: str) -> str:
    titles = {
        Notification.Kind.RESCHEDULED: _("New time"),
        Notification.Kind.RELOCATED: _("New location"),
        Notification.Kind.CANCELLED: _("Cancellation"),
        Notification.Kind.MESSAGE: _("Your message"),
    }
    return titles[Notification.Kind(kind)]


def _what_was_said(announcement: Announcement, event: Event, *, zone: ZoneInfo, at: datetime) -> str:
    """Return what the notification said, shortened: the organiser's own words, or the sentence if there are none."""
    detail = {"before": announcement.before, "after": announcement.after, "text": announcement.text}
    notification = Notification(
        kind=announcement.kind, starts_at=event.starts_at, time_zone=event.time_zone, detail=detail
    )
    words = wording(notification, zone=zone, at=at)
    return Truncator(words.quote or words.sentence).chars(MAX_TEXT_LENGTH)


def _former_start(row: dict[str, Any], event: Event, *, at: datetime) -> str:
    """Return the start that these reminders were for, in words, or "" if the event has not been moved since."""
    if row["start"] == event.starts_at:
        return ""
    return _("For the previous start time, %(moment)s") % {"moment": _moment(row["start"], zone=event.zone, at=at)}


def _moment(moment: datetime, *, zone: ZoneInfo, at: datetime) -> str:
    return moment_text(moment.astimezone(zone), today=today_in(zone, at))
