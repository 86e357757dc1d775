"""Announcements to subscribers: changes of time or location, cancellations, and messages from the organiser."""

import logging
import math
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.leads import distance_name
from accounts.models import User
from accounts.services import Once, take_key
from accounts.zones import zone_of
from config.database import transactional
from config.logs.context import request_id
from events.exceptions import EventIsDraft, InvalidText, NotAuthor, TooManyAnnouncements
from events.local_time import utc_text
from events.models import Announcement, Event, Subscription
from events.services.announced import Announced, Facts
from events.services.texts import clean_text
from events.text_limits import MAX_MESSAGE_LENGTH

logger = logging.getLogger(__name__)

# If the old or the new start is nearer than this, a change is announced at once instead of waiting to be merged.
URGENT_BEFORE_START = timedelta(hours=1)
# The period over which ANNOUNCEMENTS_PER_HOUR counts messages.
RATE_WINDOW = timedelta(hours=1)


@transactional
def announce(event: Event, *, actor: User, at: datetime, message: str, once: Once | None = None) -> Announcement:
    """Send the organiser's message to the subscribers, without waiting for a merge window.

    A change that waits becomes due at once, so that the message follows it.

    Raises:
        NotAuthor, EventIsDraft, InvalidText
        TooManyAnnouncements: the event had ANNOUNCEMENTS_PER_HOUR messages in the last hour.
        RequestInProgress: the key of `once` is taken.
        Event.DoesNotExist: the event has been deleted meanwhile.
    """
    event = Event.objects.live().select_for_update().get(pk=event.pk)
    if event.author_id != actor.pk:
        raise NotAuthor
    if event.is_draft:
        raise EventIsDraft(_("A draft has no subscribers to message."))
    text = clean_text(message, field="message", max_length=MAX_MESSAGE_LENGTH)
    if not text:
        raise InvalidText(_("The message can’t be empty."), field="message")
    _check_rate(event, at=at)
    _hurry_waiting(event, at=at)
    announcement = _create_announcement(event, kind=Announcement.Kind.MESSAGE, at=at, due_at=at, text=text)
    take_key(once, result_id=announcement.pk, at=at)
    return announcement


def _check_rate(event: Event, *, at: datetime) -> None:
    """Refuse a message if the event has reached its hourly limit. The caller holds the event's lock.

    Raises:
        TooManyAnnouncements
    """
    limit = settings.ANNOUNCEMENTS_PER_HOUR
    recent = event.announcements.messages_after(at - RATE_WINDOW).values_list("created_at", flat=True)[:limit]
    moments = list(recent)
    if len(moments) < limit:
        return
    frees_at = (moments[-1] if moments else at) + RATE_WINDOW
    wait = math.ceil((frees_at - at).total_seconds())
    raise TooManyAnnouncements(
        ngettext(
            "You can send %(limit)d message an hour for each event. Try again %(distance)s.",
            "You can send %(limit)d messages an hour for each event. Try again %(distance)s.",
            limit,
        )
        % {"limit": limit, "distance": distance_name(math.ceil(wait / 60))},
        wait=wait,
    )


def material_facts(event: Event) -> dict[str, Any]:
    """Return the facts that subscribers are notified of, with times in ISO 8601, UTC.

    Their names are `starts_at ends_at all_day time_zone location`. The time zone is only needed to word the others: its
    change is not announced if the instants, or the dates of an all-day event, stay the same.
    """
    return {
        "starts_at": utc_text(event.starts_at),
        "ends_at": utc_text(event.ends_at) if event.ends_at else None,
        "all_day": event.all_day,
        "time_zone": event.time_zone,
        "location": event.location,
    }


def differ(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Return whether subscribers must be notified of the difference between these facts."""
    return not _is_same_time(before, after) or before["location"] != after["location"]


def record_change(
    event: Event, *, before: dict[str, Any], waiting: Announcement | None, at: datetime
) -> Announcement | None:
    """Announce the material changes of an edit, or merge them into `waiting`, the event's change that still waits.

    Returns the change that waits now, if there is one.

    The caller holds the event's lock. A change waits for ANNOUNCEMENT_MERGE_SECONDS after the first edit, and later
    edits are merged into it. If they restore what was there before, it is withdrawn.
    """
    after = material_facts(event)
    known = waiting.before if waiting else before
    if not differ(known, after):
        if waiting:
            _withdraw(event, waiting, after=after, at=at)
        return None
    starts = [datetime.fromisoformat(facts["starts_at"]) for facts in (known, after)]
    is_urgent = any(start - at < URGENT_BEFORE_START for start in starts)
    if waiting:
        waiting.kind, waiting.after, waiting.request_id = _kind_of(known, after), after, request_id()
        waiting.save(update_fields=["kind", "after", "request_id"])
        _log_written(waiting)
    elif event.subscriber_count:
        due_at = at if is_urgent else at + timedelta(seconds=settings.ANNOUNCEMENT_MERGE_SECONDS)
        kind = _kind_of(before, after)
        waiting = _create_announcement(event, kind=kind, at=at, due_at=due_at, before=before, after=after)
    if is_urgent:
        _hurry_waiting(event, at=at)
    return waiting


def _withdraw(event: Event, waiting: Announcement, *, after: dict[str, Any], at: datetime) -> None:
    """Drop a change that was undone. Only those who subscribed while it waited are notified, because they saw it."""
    if last_subscription_id(event) > waiting.last_subscription_id:
        _create_announcement(
            event,
            kind=_kind_of(waiting.after, after),
            at=at,
            due_at=at,
            before=waiting.after,
            after=after,
            after_subscription_id=waiting.last_subscription_id,
            cursor=waiting.last_subscription_id,
        )
    waiting.delete()


def waiting_change(event: Event) -> Announcement | None:
    """Return the event's change that nobody has been notified of yet, if there is one.

    A caller that goes on to write it holds the event's lock. An edit is merged only into the newest change, because
    subscribers would be notified of the changes in the wrong order otherwise. A change that somebody has heard of is
    closed.
    """
    newest: Announcement | None = event.announcements.changes_for_all().last()
    return newest if newest and newest.is_waiting else None


def record_cancellation(event: Event, *, at: datetime, reason: str = "") -> None:
    """Announce that an event is cancelled or deleted, at once and in place of changes that nobody knows of yet.

    Its `before` is what subscribers know: the event as it was before those changes. If there are no subscribers, only a
    reason is kept, for the event's page. The caller holds the event's lock.

    Raises:
        InvalidText: the reason is too long or contains invalid characters.
    """
    text = clean_text(reason, field="reason", max_length=MAX_MESSAGE_LENGTH)
    if not event.subscriber_count and not text:
        return
    unheard = [change for change in event.announcements.changes() if change.is_waiting]
    before = next((change.before for change in unheard if not change.is_correction), material_facts(event))
    event.announcements.filter(pk__in=[change.pk for change in unheard]).delete()
    _create_announcement(
        event,
        kind=Announcement.Kind.CANCELLED,
        at=at,
        due_at=at if event.subscriber_count else None,
        before=before,
        text=text,
    )


def begin_delivery(announcement: Announcement, event: Event) -> None:
    """Let those who subscribed while a change waited be among its recipients. The caller holds the event's lock.

    A new start has had no reminder yet. This does nothing once somebody has been notified.
    """
    if not announcement.is_waiting or not announcement.is_change or announcement.is_correction:
        return
    announcement.last_subscription_id = last_subscription_id(event)
    if brings_new_start(announcement):
        Event.objects.filter(pk=event.pk).update(notified_at=None)


def next_recipients(announcement: Announcement, *, limit: int) -> dict[int, int]:
    """Return the next subscriptions to notify, by ascending id, with their users: `{subscription id: user id}`.

    The caller holds the event's lock.
    """
    recipients = Subscription.objects.filter(
        event_id=announcement.event_id,
        id__gt=announcement.cursor,
        id__lte=announcement.last_subscription_id,
    )
    return dict(recipients.order_by("id").values_list("id", "user_id")[:limit])


def mark_notified(announcement: Announcement, *, subscription_ids: list[int], limit: int) -> None:
    """Record that these subscriptions have been notified. If they are fewer than `limit`, delivery is complete."""
    if subscription_ids:
        announcement.cursor = subscription_ids[-1]
    if len(subscription_ids) < limit:
        announcement.due_at = None
    announcement.save(update_fields=["cursor", "due_at", "last_subscription_id"])


def facts_announced_by(announcement: Announcement, known: Announced) -> Facts:
    """Return the facts that notifications of the announcement show.

    A message shows what its recipients know: `known` is that, once they have been notified of the announcement.
    """
    if announcement.is_change:
        return Facts.read(announcement.after, event=known.event)
    if announcement.kind == Announcement.Kind.CANCELLED:
        return Facts.read(announcement.before, event=known.event)
    return known.facts_for(announcement.last_subscription_id)


def covered_by(announcement: Announcement, earlier: Iterable[Announcement]) -> list[Announcement]:
    """Return those of the earlier changes that the announcement supersedes: it changes all that they changed.

    A cancellation supersedes every change, and a message none.
    """
    changed = _changed(announcement)
    return [each for each in earlier if _changed(each) <= changed]


def brings_new_start(announcement: Announcement) -> bool:
    """Return whether the announcement is of a change by which the event starts at another time, or on another day."""
    if not announcement.is_change:
        return False
    before, after = announcement.before, announcement.after
    if before.get("all_day") and after.get("all_day"):
        return _days_of(before)[0] != _days_of(after)[0]
    # What the previous version has left waiting does not have `all_day`.
    kinds = {facts["all_day"] for facts in (before, after) if "all_day" in facts}
    return before["starts_at"] != after["starts_at"] or len(kinds) > 1


def _changed(announcement: Announcement) -> set[str]:
    """Return what an announcement says has changed, of `time` and `place`."""
    if announcement.kind == Announcement.Kind.CANCELLED:
        return {"time", "place"}
    if not announcement.is_change:
        return set()
    time = set() if _is_same_time(announcement.before, announcement.after) else {"time"}
    return time | ({"place"} if announcement.before["location"] != announcement.after["location"] else set())


def _hurry_waiting(event: Event, *, at: datetime) -> None:
    """Make waiting announcements due at once."""
    event.announcements.filter(due_at__gt=at).update(due_at=at)


def _create_announcement(event: Event, **fields: Any) -> Announcement:
    at = fields.pop("at")
    announcement = Announcement.objects.create(
        event=event,
        created_at=at,
        last_subscription_id=last_subscription_id(event),
        request_id=request_id(),
        **fields,
    )
    _log_written(announcement)
    return announcement


def _log_written(announcement: Announcement) -> None:
    """Log the number of the announcement, by which its delivery is found even if another edit is merged into it."""
    known = (announcement.pk, announcement.kind, announcement.event_id)
    transaction.on_commit(lambda: logger.info("announcement %d (%s) of event %d was written", *known), robust=True)


def last_subscription_id(event: Event) -> int:
    """Return the id of the event's newest subscription, or 0 if there is none.

    While the caller holds the event's lock, nobody can subscribe.
    """
    return Subscription.objects.of_event(event).aggregate(last=Max("id"))["last"] or 0


def _is_same_time(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Return whether the times are the same: the dates of all-day events, and the instants of others."""
    if before.get("all_day") and after["all_day"]:
        return _days_of(before) == _days_of(after)
    # Announcements that the previous version has left waiting do not have `all_day`.
    names = {"starts_at", "ends_at"} | ({"all_day"} & before.keys())
    return all(before[name] == after[name] for name in names)


def _days_of(facts: dict[str, Any]) -> tuple[date, ...]:
    """Return the first day of an all-day event and the day after its last."""
    zone = zone_of(facts["time_zone"])
    return tuple(datetime.fromisoformat(facts[name]).astimezone(zone).date() for name in ("starts_at", "ends_at"))


def _kind_of(before: dict[str, Any], after: dict[str, Any]) -> str:
    return Announcement.Kind.RELOCATED if _is_same_time(before, after) else Announcement.Kind.RESCHEDULED
