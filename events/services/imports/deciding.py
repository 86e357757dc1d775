"""Decide what an import does with an entry. Planning and importing both use this, so that a plan holds.

Nothing is written here.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from config.errors import Refusal
from events.calendars import CalendarEntry
from events.exceptions import EventCancelled, InvalidText
from events.models import Event, ImportedEntry
from events.services.events import apply_changes, check_cancellable, check_quota, preview_edit
from events.services.imports.memory import UNITS, digests_of, fields_of, memory_of
from events.services.imports.results import Change, Imported
from events.services.local_times import Times

# Longer texts are shown as excerpts of this length, which begin this many letters before the first difference.
EXCERPT_LENGTH = 200
EXCERPT_CONTEXT = 40
FIELD_LABELS = {"headline": _("Title"), "description": _("Description"), "location": _("Location")}


@dataclass
class Quota:
    """How many upcoming events the organiser may have, and has. A `limit` of None is none."""

    limit: int | None
    count: int = 0

    def take(self) -> None:
        """Count one more upcoming event.

        Raises:
            QuotaExceeded
        """
        if self.limit is not None:
            check_quota(self.count, limit=self.limit)
        self.count += 1

    def give_back(self) -> None:
        """Count one upcoming event less."""
        self.count -= 1


@dataclass(frozen=True)
class Rules:
    """What holds for all entries of an import. Without a `state`, new events get `new_state` and others keep theirs."""

    actor: User
    at: datetime
    state: str | None
    new_state: str
    quota: Quota

    def state_for(self, entry: CalendarEntry) -> str | None:
        """Return the state that the entry's event gets if it exists; None if it keeps its own."""
        return _allowed(self.state, entry) if self.state else None

    def state_for_new(self, entry: CalendarEntry) -> str:
        """Return the state that the entry's event gets if it is new."""
        return _allowed(self.state or self.new_state, entry)


def _allowed(state: str, entry: CalendarEntry) -> str:
    """Return the state, or private if that is public and the file marks the entry as not public."""
    return Event.State.PRIVATE if entry.is_private and state == Event.State.PUBLIC else state


@dataclass(frozen=True)
class Edit:
    """What is edited of an event that was imported before."""

    # For `edit_locked_event`.
    fields: dict[str, Any]
    # A copy of the event as it is afterwards.
    edited: Event
    # What differs between the event and its copy; never empty.
    changes: tuple[Change, ...]

    @classmethod
    def of(cls, event: Event, fields: dict[str, Any]) -> "Edit | None":
        """Return the edit by which the event gets these fields; None if it has them.

        Raises:
            HasSubscribers, and what `apply_changes` raises
        """
        if all(getattr(event, name) == value for name, value in fields.items()):
            return None
        edited = preview_edit(event, fields)
        pairs = [(unit, _value(event, unit), _value(edited, unit)) for unit in (*UNITS, "state")]
        changes = tuple(Change(unit, *_excerpts(old, new)) for unit, old, new in pairs if old != new)
        return cls(fields, edited, changes) if changes else None


@dataclass(frozen=True)
class Decision:
    """What an import does with an entry."""

    outcome: Imported
    # The event as it is, or as it is to be inserted; None if there is none and none is created.
    event: Event | None = None
    # Entries that are skipped or cancelled can have one, too: the event becomes private.
    edit: Edit | None = None
    reason: str = ""
    remarks: tuple[str, ...] = ()
    # To be remembered; empty if the file may still say the same next time, because the entry is refused or older.
    digests: dict[str, str] = field(default_factory=dict)


def decide(entry: CalendarEntry, event: Event | None, *, digest: str, rules: Rules) -> Decision:
    """Decide what an import does with an entry, whose event is the one that an earlier import of its UID has posted.

    `digest` is that of the UID. Pass the entries in the order of the file, because `rules` count the quota.
    """
    if event is None:
        return _decide_new(entry, digest=digest, rules=rules)
    memory = memory_of(event)
    if memory and entry.sequence < memory.sequence:
        return Decision(Imported.OLDER, event, reason=_older_reason(entry, memory))
    return _decide_known(entry, event, memory, rules=rules)


def _decide_new(entry: CalendarEntry, *, digest: str, rules: Rules) -> Decision:
    event = Event(author=rules.actor, uid_digest=digest, created_at=rules.at, updated_at=rules.at)
    try:
        if entry.is_cancelled:
            raise EventCancelled
        apply_changes(event, **fields_of(entry), state=rules.state_for_new(entry))
        if not event.is_over(rules.at):
            rules.quota.take()
    except Refusal as refusal:
        return Decision(Imported.SKIPPED, reason=_reason(refusal))
    return Decision(Imported.CREATED, event, digests=digests_of(entry))


def _decide_known(entry: CalendarEntry, event: Event, memory: ImportedEntry | None, *, rules: Rules) -> Decision:
    """Decide about an entry whose event an earlier import has posted.

    An entry that its file marks as not public hides a public event, even if the rest of the entry is refused.
    """
    digests = digests_of(entry)
    changed = [unit for unit in digests if memory is None or memory.digests.get(unit) != digests[unit]]
    is_to_be_hidden = entry.is_private and event.state == Event.State.PUBLIC
    hiding = Edit.of(event, {"state": Event.State.PRIVATE}) if is_to_be_hidden else None
    try:
        if entry.is_cancelled:
            return _decide_cancelled(event, hiding, digests=digests, rules=rules)
        if event.is_cancelled:
            return _decide_kept_cancelled(event, hiding, changed, digests=digests)
        if entry.is_uncertain and any(unit in UNITS for unit in changed):
            reason = gettext("Part of this recurring event can’t be read, so the event here stays as it is.")
            return Decision(Imported.SKIPPED, event, hiding, reason)
        state = Event.State.PRIVATE if is_to_be_hidden and not rules.state else rules.state_for(entry)
        fields = fields_of(entry, [unit for unit in changed if unit in UNITS])
        return _decide_edit(event, fields | ({"state": state} if state else {}), digests=digests, rules=rules)
    except Refusal as refusal:
        return Decision(Imported.SKIPPED, event, hiding, reason=_reason(refusal))


def _decide_cancelled(event: Event, hiding: Edit | None, *, digests: dict[str, str], rules: Rules) -> Decision:
    """Decide about an entry that is cancelled.

    Raises:
        EventIsDraft, EventOver
    """
    if event.is_cancelled:
        return Decision(_outcome(hiding), event, hiding, digests=digests)
    check_cancellable(event, at=rules.at)
    return Decision(Imported.CANCELLED, event, hiding, digests=digests)


def _decide_kept_cancelled(
    event: Event, hiding: Edit | None, changed: list[str], *, digests: dict[str, str]
) -> Decision:
    """Decide about an entry that is not cancelled, of an event that is, which is final.

    What has changed is remembered although it is not applied, so that it is reported once.
    """
    if changed:
        reason = gettext("It was cancelled here, which can’t be undone.")
        return Decision(Imported.SKIPPED, event, hiding, reason, digests=digests)
    return Decision(_outcome(hiding), event, hiding, remarks=(gettext("It was cancelled here."),), digests=digests)


def _decide_edit(event: Event, fields: dict[str, Any], *, digests: dict[str, str], rules: Rules) -> Decision:
    """Decide about an edit.

    Raises:
        QuotaExceeded: the event had ended and would no longer have.
        HasSubscribers, and what `apply_changes` raises
    """
    edit = Edit.of(event, fields)
    if edit and event.is_over(rules.at) and not edit.edited.is_over(rules.at):
        rules.quota.take()
    elif edit and edit.edited.is_over(rules.at) and not event.is_over(rules.at):
        rules.quota.give_back()
    return Decision(_outcome(edit), event, edit, digests=digests)


def _outcome(edit: Edit | None) -> Imported:
    return Imported.UPDATED if edit else Imported.UNCHANGED


def _older_reason(entry: CalendarEntry, memory: ImportedEntry) -> str:
    return gettext(
        "The last import had a newer version, so nothing changes (SEQUENCE %(new)s there, %(old)s here)."
    ) % {
        "old": entry.sequence,
        "new": memory.sequence,
    }


def _reason(refusal: Refusal) -> str:
    """Return the refusal in words. That of a text names its field first."""
    label = FIELD_LABELS.get(refusal.field or "") if isinstance(refusal, InvalidText) else None
    return f"{label}: {refusal.message}" if label else str(refusal.message)


def _value(event: Event, unit: str) -> str | Times:
    return Times.of(event) if unit == "times" else getattr(event, unit)


def _excerpts(old: Any, new: Any) -> tuple[Any, Any]:
    """Return the two values; if they are texts and one is long, excerpts that contain the first difference."""
    if isinstance(old, Times) or max(len(old), len(new)) <= EXCERPT_LENGTH:
        return old, new
    differs_at = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, differs_at - EXCERPT_CONTEXT)
    return _excerpt(old, start), _excerpt(new, start)


def _excerpt(text: str, start: int) -> str:
    end = start + EXCERPT_LENGTH
    return ("…" if start else "") + text[start:end] + ("…" if len(text) > end else "")
