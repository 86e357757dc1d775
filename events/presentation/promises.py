"""The promise: when a reader will be reminded of an event, or would be if they subscribed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser

from accounts.models import User, default_leads
from events.local_time import today_in
from events.models import Event
from events.presentation.times import near_moment_text, zone_name
from events.services import planned_reminders
from events.starts import Start

# Where reminders reach a reader: by email, too; only here, because they want none by email or because their address is
# not verified; or in the inbox that somebody who has not logged in would have.
REACHES = ("email", "muted", "unverified", "inbox")


@dataclass(frozen=True)
class Promise:
    """When reminders will be sent, or would be sent after subscribing."""

    # Whether the reader has subscribed: "We’ll remind you", not "Subscribe and we’ll remind you".
    is_given: bool
    # In the reader's time zone, or in the event's if the reader's is not known. Ascending.
    moments: tuple[datetime, ...]
    # Whether subscribing now would cause a reminder immediately.
    at_once: bool
    # Whether reminders were chosen, but all of their times have passed.
    is_spent: bool
    # The name of the moments' time zone. Empty if the reader's is known and has the same times as the event's.
    zone: str
    today: date

    @property
    def reminds(self) -> bool:
        """Whether a reminder will still be sent, or would be."""
        return self.at_once or bool(self.moments)

    @property
    def moment_texts(self) -> list[tuple[datetime, str]]:
        """Return each moment with its text, "today 18:00" or "Fri 4 Dec 18:00"."""
        return [(moment, near_moment_text(moment, today=self.today)) for moment in self.moments]


def promise_for(
    event: Event, *, leads: Iterable[int], at: datetime, zone: ZoneInfo | None, is_given: bool
) -> Promise | None:
    """Return the promise for these leads, or None if the event is cancelled, or has started without any to come."""
    plan = planned_reminders(start=Start.of(event), leads=leads, at=at, catch_up=not is_given)
    if event.is_cancelled or (event.has_begun(at) and not any(plan.values())):
        return None
    shown_zone = zone or event.zone
    moments = sorted({due_at for due_at in plan.values() if due_at and due_at > at})
    return Promise(
        is_given=is_given,
        moments=tuple(moment.astimezone(shown_zone) for moment in moments),
        at_once=at in plan.values(),
        is_spent=bool(plan) and not any(plan.values()),
        zone=zone_name(shown_zone) if zone is None or _differ(zone, event.zone, [event.starts_at, *moments]) else "",
        today=today_in(shown_zone, at),
    )


def _differ(one: ZoneInfo, other: ZoneInfo, moments: Iterable[datetime]) -> bool:
    return any(moment.astimezone(one).utcoffset() != moment.astimezone(other).utcoffset() for moment in moments)


def given_promise(event: Event, *, at: datetime, zone: ZoneInfo | None) -> Promise | None:
    """Return the promise given to the reader for whom `event` was read `with_leads_of`, or None if not subscribed."""
    if not event.is_subscribed:  # type: ignore[attr-defined]  # an annotation
        return None
    return promise_for(event, leads=chosen_leads(event), at=at, zone=zone, is_given=True)


def reach_of(user: User | AnonymousUser) -> str:
    """Return where reminders reach the user: one of REACHES."""
    if not isinstance(user, User):
        return "inbox"
    if "reminder" in user.mail_muted:
        return "muted"
    return "email" if user.email_verified_at else "unverified"


def leads_for(event: Event, user: User | AnonymousUser) -> list[int]:
    """Return the leads that the user has chosen for the event, or those that a subscription of theirs starts with."""
    if event.is_subscribed:  # type: ignore[attr-defined]  # an annotation
        return chosen_leads(event)
    return user.default_leads if isinstance(user, User) else default_leads()


def chosen_leads(event: Event) -> list[int]:
    """Return the leads that the reader chose, from an event read `with_leads_of` them."""
    leads: list[int] = event.chosen_leads  # type: ignore[attr-defined]  # an annotation
    return leads
