"""Proof of delivery: what an event's subscribers were told, and how many of them have read it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from accounts.leads import lead_choice
from events.models import Announcement, Event
from events.presentation.times import moment_text
from notifications.inbox.pages import ICONS
from notifications.models import Notification
from notifications.wording import wording

# A page shows the newest rows, as many as this; the totals are of all.
MAX_SHOWN = 100
MAX_TEXT_LENGTH = 160


@dataclass(frozen=True)
class Counts:
    """Inbox rows: all of them, those that were read, and those that were also mailed."""

    told: int = 0
    read: int = 0
    emailed: int = 0


@dataclass(frozen=True)
class ProofRow:
    """What subscribers were told: the reminders of one lead before one start, or one announcement."""

    icon: str
    title: str
    # What was said, or of which start it reminded; empty where the title says it all.
    text: str
    # When the first of them was told, and the same in words; None while nobody was, the words then say why.
    began_at: datetime | None
    when: str
    is_going_out: bool
    counts: Counts


@dataclass(frozen=True)
class Proof:
    total: Counts
    # The last begun first; before them what has yet to go out.
    rows: list[ProofRow]
    hidden_count: int


def proof_of(event: Event, *, zone: ZoneInfo, at: datetime) -> Proof:
    """Return the proof for one event, its moments on the clock of the reader's `zone`. Two queries."""
    sources = list(Notification.objects.of_event(event).counted_by_source())
    announcements = {f"announcement:{each.pk}": each for each in event.announcements.order_by("-pk")[:MAX_SHOWN]}
    told = {row["source"] for row in sources}
    untold = [each for source, each in announcements.items() if source not in told]
    rows = [_untold(each, event, zone=zone, at=at) for each in untold]
    rows += [_told(row, announcements.get(row["source"]), event, zone=zone, at=at) for row in sources[:MAX_SHOWN]]
    return Proof(
        total=Counts(*(sum(row[name] for row in sources) for name in ("told", "read", "emailed"))),
        rows=rows[:MAX_SHOWN],
        hidden_count=max(0, len(untold) + len(sources) - MAX_SHOWN),
    )


def _told(
    row: dict[str, Any], announcement: Announcement | None, event: Event, *, zone: ZoneInfo, at: datetime
) -> ProofRow:
    return ProofRow(
        icon=ICONS[row["kind"]],
        title=_title(row["kind"], row["lead"]),
        text=_what_was_said(announcement, event, zone=zone, at=at)
        if announcement
        else _former_start(row, event, at=at),
        began_at=row["began_at"],
        when=_moment(row["began_at"], zone=zone, at=at),
        is_going_out=announcement is not None and announcement.due_at is not None,
        counts=Counts(row["told"], row["read"], row["emailed"]),
    )


def _untold(announcement: Announcement, event: Event, *, zone: ZoneInfo, at: datetime) -> ProofRow:
    """Return an announcement that waits for its moment, or that there was nobody to tell."""
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


def _title(kind: str, lead: int | None = None) -> str:
    if lead is not None:
        return _("Reminder %(lead)s") % {"lead": lead_choice(lead)}
    titles = {
        Notification.Kind.RESCHEDULED: _("New time"),
        Notification.Kind.RELOCATED: _("New location"),
        Notification.Kind.CANCELLED: _("Cancellation"),
        Notification.Kind.MESSAGE: _("Your message"),
    }
    return titles[Notification.Kind(kind)]


def _what_was_said(announcement: Announcement, event: Event, *, zone: ZoneInfo, at: datetime) -> str:
    """Return what people read in their notification, shortened: the organiser's own words where there are any."""
    detail = {"before": announcement.before, "after": announcement.after, "text": announcement.text}
    notification = Notification(
        kind=announcement.kind, starts_at=event.starts_at, time_zone=event.time_zone, detail=detail
    )
    words = wording(notification, zone=zone, at=at)
    return Truncator(words.quote or words.sentence).chars(MAX_TEXT_LENGTH)


def _former_start(row: dict[str, Any], event: Event, *, at: datetime) -> str:
    """Return of which start these reminders were where the event has been moved since."""
    if row["start"] == event.starts_at:
        return ""
    return _("For the previous start time, %(moment)s") % {"moment": _moment(row["start"], zone=event.zone, at=at)}


def _moment(moment: datetime, *, zone: ZoneInfo, at: datetime) -> str:
    return moment_text(moment.astimezone(zone), today=at.astimezone(zone).date())
