"""Posting, editing, cancelling and deleting events."""

from copy import copy
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.exceptions import RequestInProgress
from accounts.models import User
from accounts.services import Once, is_taken, lock_active_user, take_key
from config.database import transactional
from events.exceptions import (
    EndBeforeStart,
    EventCancelled,
    EventIsDraft,
    EventOver,
    HasSubscribers,
    InvalidText,
    NotAuthor,
    QuotaExceeded,
    RevisionMismatch,
    StartInPast,
)
from events.local_time import all_day_bounds, check_showable, day_start, zone_named
from events.models import EndedSubscription, Event, EventReport, Removal, Subscription, make_invite_token
from events.querysets import count_for_user
from events.search import searchable
from events.services.announced import Facts, facts_for_all
from events.services.announcements import (
    last_subscription_id,
    material_facts,
    record_cancellation,
    record_change,
    waiting_change,
)
from events.services.ends import set_end
from events.services.local_times import Times, local_days, store_local_times
from events.services.texts import clean_line, clean_text
from events.text_limits import MAX_DESCRIPTION_LENGTH, MAX_HEADLINE_LENGTH, MAX_LOCATION_LENGTH

PURGE_CHUNK = 5_000


@transactional
def create_event(
    *,
    actor: User,
    at: datetime,
    headline: str,
    starts_at: datetime,
    ends_at: datetime | None = None,
    all_day: bool = False,
    time_zone: str = "UTC",
    description: str = "",
    location: str = "",
    state: str = Event.State.PRIVATE,
    once: Once | None = None,
) -> Event:
    """Post an event. Times are aware; an all-day event is widened to the whole local days that it touches.

    Raises:
        RequestInProgress: the key of `once` is taken.
        AccountSuspended, StartInPast, EndBeforeStart, UnknownTimeZone, TimeOutOfRange, InvalidText
        QuotaExceeded: the user already has `MAX_EVENTS_PER_USER` events that have not ended.
    """
    locked = lock_active_user(
        actor, upcoming_count=count_for_user(Event.objects.live().upcoming(at), "author"), is_repeated=is_taken(once)
    )
    if locked.is_repeated:  # type: ignore[attr-defined]  # an annotation, like the next
        raise RequestInProgress
    # An annotation, like `is_repeated`.
    check_quota(locked.upcoming_count, limit=settings.MAX_EVENTS_PER_USER)  # type: ignore[attr-defined]
    event = Event(author=actor, created_at=at, updated_at=at)
    apply_changes(
        event,
        headline=headline,
        starts_at=starts_at,
        ends_at=ends_at,
        all_day=all_day,
        time_zone=time_zone,
        description=description,
        location=location,
        state=state,
    )
    if event.has_begun(at):
        raise StartInPast
    event.save()
    take_key(once, result_id=event.pk, at=at)
    return event


@transactional
def update_event(
    event: Event,
    *,
    actor: User,
    at: datetime,
    expected_revision: int | None = None,
    **changes: Any,
) -> Event:
    """Edit an event. A new start, end or location is announced to the subscribers, which re-arms their reminders.

    `changes` are named like the parameters of `create_event`. An edit that changes nothing does not increment the
    revision.

    Raises:
        NotAuthor, EventCancelled
        AccountSuspended, StartInPast, EndBeforeStart, UnknownTimeZone, TimeOutOfRange, InvalidText
        HasSubscribers: the event has subscribers and would become a draft.
        QuotaExceeded: the event had ended and would no longer have, and the user has reached the quota.
        RevisionMismatch: `expected_revision` is given and is not the current revision.
        Event.DoesNotExist: the event has been deleted meanwhile.
    """
    event = lock_own_event(event, actor=actor)
    lock_active_user(actor)  # after the event, in the same order as `subscribe`, to avoid deadlocks
    if event.is_cancelled:  # before the revision, because a client that fetched the event again would still be refused
        raise EventCancelled
    _check_revision(event, expected_revision)
    was_over = event.is_over(at)
    event = edit_locked_event(event, changes, at=at, may_start_in_past=False)
    if was_over and not event.is_over(at):
        others = Event.objects.owned_by(actor).upcoming(at).exclude(pk=event.pk)
        check_quota(others.count(), limit=settings.MAX_EVENTS_PER_USER)
    return event


def _check_revision(event: Event, expected: int | None) -> None:
    """Check that a locked event still has the expected revision, if one is expected.

    Raises:
        RevisionMismatch
    """
    if expected is not None and event.revision != expected:
        raise RevisionMismatch


def check_quota(count: int | None, *, limit: int) -> None:
    """Check that an organiser with so many other events that have not ended (None for none) may have one more.

    Raises:
        QuotaExceeded: they already have `limit`.
    """
    if (count or 0) >= limit:
        raise QuotaExceeded(
            ngettext(
                "You’ve reached the limit of %(n)d upcoming event.",
                "You’ve reached the limit of %(n)d upcoming events.",
                limit,
            )
            % {"n": limit}
        )


def edit_locked_event(event: Event, changes: dict[str, Any], *, at: datetime, may_start_in_past: bool) -> Event:
    """Apply an edit to an event that the caller has locked, as `update_event` describes.

    Raises:
        StartInPast: the start was changed to one that has passed, and `may_start_in_past` is false.
        HasSubscribers, and what `apply_changes` raises
    """
    before, facts, was_over = material_facts(event), Facts.of(event), event.is_over(at)
    changed = _apply_edit(event, changes)
    if not changed:
        return event
    if "starts_at" in changed and event.has_begun(at) and not may_start_in_past:
        raise StartInPast
    event.revision += 1
    event.updated_at = at
    waiting = waiting_change(event)
    known = Facts.read(waiting.before, event=event) if waiting else facts
    if waiting or not (was_over and event.is_over(at)):
        waiting = record_change(event, before=before, waiting=waiting, at=at)
    if facts_for_all(event, waiting).start != known.start:
        if event.subscriber_count:
            event.rearm_cursor = 0  # no announcement will re-arm the reminders
        else:
            event.notified_at = None
    event.save()
    return event


def preview_edit(event: Event, changes: dict[str, Any]) -> Event:
    """Return a copy of the event as `edit_locked_event` would leave the fields in EDITABLE. Writes nothing.

    Raises:
        HasSubscribers, and what `apply_changes` raises
    """
    edited = copy(event)
    _apply_edit(edited, changes)
    return edited


def _apply_edit(event: Event, changes: dict[str, Any]) -> set[str]:
    """Apply the changes of an edit without saving the event, and return which of the fields in EDITABLE have changed.

    Raises:
        HasSubscribers, and what `apply_changes` raises
    """
    previous = {name: getattr(event, name) for name in EDITABLE}
    apply_changes(event, **changes)
    changed = {name for name in EDITABLE if getattr(event, name) != previous[name]}
    if changed and event.is_draft and event.subscriber_count:
        raise HasSubscribers
    return changed


@transactional
def cancel_event(event: Event, *, actor: User, at: datetime, reason: str = "") -> Event:
    """Cancel an event permanently and notify its subscribers. Cancelling it again does nothing.

    Raises:
        NotAuthor, EventIsDraft, EventOver, InvalidText
        Event.DoesNotExist: the event has been deleted meanwhile.
    """
    event = lock_own_event(event, actor=actor)
    if event.is_cancelled:
        return event
    check_cancellable(event, at=at)
    record_cancellation(event, at=at, reason=reason)  # first, because it may refuse the reason
    event.cancelled_at = event.updated_at = at
    event.rearm_cursor = 0
    event.revision += 1
    event.save()
    return event


def check_cancellable(event: Event, *, at: datetime) -> None:
    """Check that an event that is not cancelled may be.

    Raises:
        EventIsDraft, EventOver
    """
    if event.is_draft:
        raise EventIsDraft(_("A draft has no subscribers to notify. Delete it instead."))
    if event.is_over(at):
        raise EventOver


@transactional
def delete_event(
    event: Event, *, actor: User, at: datetime, expected_revision: int | None = None, reason: str = ""
) -> None:
    """Delete an event: hide it immediately and permanently, and let the sweep purge it later.

    If the event has not ended and was not cancelled before, its subscribers are notified that it is cancelled, with the
    reason, and only then is it purged. The UID under which it was imported is released immediately, so importing it
    again posts a new event. What the last import has remembered belongs to this event and is purged with it.

    Raises:
        NotAuthor
        RevisionMismatch: `expected_revision` is given and is not the current revision.
        InvalidText: the reason is too long or contains invalid characters.
        Event.DoesNotExist: the event has been deleted meanwhile.
    """
    event = lock_own_event(event, actor=actor)
    _check_revision(event, expected_revision)
    event.deleted_at, event.rearm_cursor, event.uid_digest = at, 0, None
    event.save(update_fields=["deleted_at", "rearm_cursor", "uid_digest"])
    if not event.is_cancelled and not event.is_over(at):
        record_cancellation(event, at=at, reason=reason)


@transactional
def purge_event_chunk(event: Event) -> bool:
    """Remove the next PURGE_CHUNK rows about readers of a deleted event, and finally the event itself.

    Returns whether the event has been removed.
    """
    for rows in (Subscription.objects, EndedSubscription.objects, Removal.objects, EventReport.objects):
        ids = list(rows.filter(event=event).order_by("id").values_list("id", flat=True)[:PURGE_CHUNK])
        rows.filter(pk__in=ids).delete()
        if len(ids) == PURGE_CHUNK:
            return False
    event.delete()
    return True


@transactional
def renew_invite(event: Event, *, actor: User) -> Event:
    """Give the event a new invite token, so that links with the old one no longer open it. Subscribers stay.

    Users who were removed before can subscribe again with the new token.

    Raises:
        NotAuthor
        Event.DoesNotExist: the event has been deleted meanwhile.
    """
    event = lock_own_event(event, actor=actor)
    event.invite_token, event.last_old_invite_id = make_invite_token(), last_subscription_id(event)
    event.save(update_fields=["invite_token", "last_old_invite_id"])
    return event


def lock_own_event(event: Event, *, actor: User) -> Event:
    """Lock the event and return it as it is now. Its row is the lock for everything that belongs to the event.

    Raises:
        NotAuthor
        Event.DoesNotExist: the event has been deleted meanwhile.
    """
    locked: Event = Event.objects.live().select_for_update().get(pk=event.pk)
    if locked.author_id != actor.pk:
        raise NotAuthor
    return locked


EDITABLE = (
    "headline",
    "description",
    "location",
    "starts_at",
    "ends_at",
    "all_day",
    "time_zone",
    "state",
)


def apply_changes(event: Event, **changes: Any) -> None:
    """Set fields of the event and the fields that are derived from them, without saving it.

    An all-day event whose time zone changes keeps its days unless `starts_at` is given.

    Raises:
        EndBeforeStart, UnknownTimeZone, TimeOutOfRange, InvalidText
        TypeError: a name is not in EDITABLE.
    """
    before = Times.of(event)
    keeps_days = event.pk and event.all_day and "time_zone" in changes and "starts_at" not in changes
    days = local_days(event) if keeps_days else None
    for name, value in changes.items():
        if name not in EDITABLE:
            raise TypeError(f"{name!r} is not a field that an edit can change")
        setattr(event, name, value)
    event.headline = clean_line(event.headline, field="headline", max_length=MAX_HEADLINE_LENGTH)
    if not event.headline:
        raise InvalidText(_("The title can’t be empty."), field="headline")
    event.location = clean_line(event.location, field="location", max_length=MAX_LOCATION_LENGTH)
    event.description = clean_text(event.description, field="description", max_length=MAX_DESCRIPTION_LENGTH)
    event.search_text = searchable(event.headline, event.location, event.description)
    zone = zone_named(event.time_zone)
    if days:
        event.starts_at, event.ends_at = day_start(days[0], zone), day_start(days[1], zone, field="ends_at")
    event.starts_at = event.starts_at.replace(microsecond=0)
    event.ends_at = event.ends_at.replace(microsecond=0) if event.ends_at else None
    check_showable(event.starts_at, field="starts_at")
    if event.ends_at:
        check_showable(event.ends_at, field="ends_at")
        if event.ends_at <= event.starts_at:
            raise EndBeforeStart
    # Times that stay are not widened, because later rules of the time zone may have determined their midnights.
    if event.all_day and Times.of(event) != before:
        event.starts_at, event.ends_at = all_day_bounds(event.starts_at, event.ends_at, zone)
    set_end(event)
    store_local_times(event, before=before)
