"""Model in memory who must be notified of what, by the rules of events, subscriptions and the sweep.

The model follows the rules and not the services, so that a mistake in one shows as a difference from the other. It
has no chunks, locks or cursors: an edit changes what people must be notified of, and a sweep notifies them of what
is due. Times are seconds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

MINUTE = 60
HOUR = 60 * MINUTE
MERGE_WINDOW = 60
URGENT = HOUR
MESSAGES_PER_HOUR = 10


@dataclass(frozen=True)
class Facts:
    """The facts whose changes must be announced."""

    start: int
    end: int | None
    location: str


@dataclass(frozen=True)
class InboxRow:
    """An inbox row: its subject, and the facts as they were when it was written."""

    user: int
    event: int
    kind: str
    written: int
    start: int
    location: str
    lead: int | None = None
    before: Facts | None = None
    after: Facts | None = None
    text: str = ""


@dataclass
class Reminder:
    due: int | None
    armed_for: int


@dataclass(eq=False)
class Subscription:
    user: int
    joined: int  # grows with each subscription
    reminders: dict[int, Reminder] = field(default_factory=dict)  # by lead, in minutes


@dataclass(eq=False)
class Announcement:
    kind: str
    due: int
    recipients: list[Subscription]
    newest: int  # `joined` of the newest subscription when it was made
    before: Facts | None = None
    after: Facts | None = None
    text: str = ""
    notified: list[Subscription] = field(default_factory=list)


@dataclass(eq=False)
class Event:
    number: int
    facts: Facts
    created: int
    subscriptions: list[Subscription] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)  # of which somebody must still be notified
    messages: list[int] = field(default_factory=list)
    is_cancelled: bool = False
    is_deleted: bool = False

    @property
    def over(self) -> int:
        return self.facts.start if self.facts.end is None else self.facts.end

    @property
    def takes_place(self) -> bool:
        return not self.is_cancelled and not self.is_deleted

    def subscription_of(self, user: int) -> Subscription | None:
        return next((each for each in self.subscriptions if each.user == user), None)


class Refused(Exception):
    """A refusal; the argument is its code."""


class Model:
    def __init__(self) -> None:
        self.events: dict[int, Event] = {}
        self.inbox: list[InboxRow] = []
        self.missed = 0
        self._reminded: set[tuple[int, int, int, int]] = set()
        self._joined = 0

    # ---------------------------------------------------------------------------------------------- what people do

    def post(self, number: int, facts: Facts, *, at: int) -> None:
        if facts.end is not None and facts.end <= facts.start:
            raise Refused("end_before_start")
        if facts.start <= at:
            raise Refused("start_in_past")
        self.events[number] = Event(number, facts, created=at)

    def subscribe(self, number: int, user: int, leads: list[int], *, at: int) -> None:
        event = self._live(number)
        if event.is_cancelled:
            raise Refused("cancelled")
        if event.facts.start <= at:
            raise Refused("begun")
        if event.subscription_of(user):
            raise Refused("already_subscribed")
        self._joined += 1
        subscription = Subscription(user, self._joined)
        plan(subscription, leads, event.facts.start, at=at, catch_up=True)
        event.subscriptions.append(subscription)

    def unsubscribe(self, number: int, user: int) -> None:
        event = self.events.get(number)
        subscription = event and event.subscription_of(user)
        if event and subscription:
            event.subscriptions.remove(subscription)

    def set_leads(self, number: int, user: int, leads: list[int], *, at: int) -> None:
        event = self._live(number)
        subscription = event.subscription_of(user)
        if subscription is None:
            raise Refused("missing")
        old = subscription.reminders
        subscription.reminders = {lead: old[lead] for lead in leads if lead in old}
        plan(subscription, [lead for lead in leads if lead not in old], event.facts.start, at=at, catch_up=False)

    def edit(self, number: int, facts: Facts, *, at: int) -> None:
        event = self._live(number)
        if event.is_cancelled:
            raise Refused("cancelled")
        if facts.end is not None and facts.end <= facts.start:
            raise Refused("end_before_start")
        if facts.start != event.facts.start and facts.start <= at:
            raise Refused("start_in_past")
        before, was_over = event.facts, event.over <= at
        event.facts = facts
        if before == facts or (was_over and event.over <= at) or not event.subscriptions:
            return
        due = at if min(before.start, facts.start) - at < URGENT else at + MERGE_WINDOW
        waiting = self._mergeable(event)
        if waiting is None:
            self._announce(event, kind_of_change(before, facts), due=due, before=before, after=facts)
        elif waiting.before == facts:
            event.announcements.remove(waiting)
        else:
            assert waiting.before
            waiting.kind, waiting.after = kind_of_change(waiting.before, facts), facts
            waiting.due = min(waiting.due, due)
        if due == at:
            self._hurry(event, at=at)

    def cancel(self, number: int, reason: str, *, at: int) -> None:
        event = self._live(number)
        if event.is_cancelled:
            return
        if event.over <= at:
            raise Refused("over")
        event.is_cancelled = True
        self._announce_the_end(event, reason, at=at)

    def delete(self, number: int, *, at: int) -> None:
        event = self._live(number)
        event.is_deleted = True
        if not event.is_cancelled and event.over > at:
            self._announce_the_end(event, "", at=at)

    def message(self, number: int, text: str, *, at: int) -> None:
        event = self._live(number)
        if sum(1 for each in event.messages if each > at - HOUR) >= MESSAGES_PER_HOUR:
            raise Refused("too_many_announcements")
        event.messages.append(at)
        self._announce(event, "message", due=at, text=text)

    def _live(self, number: int) -> Event:
        event = self.events.get(number)
        if event is None or event.is_deleted:
            raise Refused("missing")
        return event

    def _announce(self, event: Event, kind: str, *, due: int, **what: Any) -> None:
        newest = max((each.joined for each in event.subscriptions), default=0)
        announcement = Announcement(kind, due, list(event.subscriptions), newest, **what)
        event.announcements.append(announcement)

    def _mergeable(self, event: Event) -> Announcement | None:
        """Return the newest change if it still waits, nobody was notified of it, and nobody subscribed since."""
        changes = [each for each in event.announcements if each.kind in {"rescheduled", "relocated"}]
        newest = changes[-1] if changes else None
        if newest is None or newest.notified or any(each.joined > newest.newest for each in event.subscriptions):
            return None
        return newest

    def _hurry(self, event: Event, *, at: int) -> None:
        """Make waiting announcements due no later than one that is due at once."""
        for announcement in event.announcements:
            announcement.due = min(announcement.due, at)

    def _announce_the_end(self, event: Event, reason: str, *, at: int) -> None:
        """Announce the end in place of changes that nobody was notified of; `before` is what people know."""
        if event.subscriptions:
            changes = [each for each in event.announcements if each.kind in {"rescheduled", "relocated"}]
            unknown = [each for each in changes if not each.notified]
            before = unknown[0].before if unknown else event.facts
            event.announcements = [each for each in event.announcements if each not in unknown]
            self._announce(event, "cancelled", due=at, before=before, text=reason)

    # ------------------------------------------------------------------------------------------------ what a sweep does

    def sweep(self, *, at: int, did: Callable[["Unit"], bool] = lambda unit: True) -> None:
        """Do everything that is due, or after a crash the units that `did` says were done."""
        for units in (self._rearmings, self._tellings, self._remindings):
            for unit in list(units(at)):
                if did(unit):
                    unit.do()
        for event in list(self.events.values()):
            for announcement in list(event.announcements):
                left = [each for each in announcement.recipients if each in event.subscriptions]
                if announcement.due <= at and all(each in announcement.notified for each in left):
                    event.announcements.remove(announcement)

    def purge(self, number: int) -> None:
        del self.events[number]

    def purgeable(self) -> set[int]:
        """Return the deleted events of which nobody is still to be notified."""
        return {event.number for event in self.events.values() if event.is_deleted and not event.announcements}

    def _rearmings(self, at: int) -> Iterator["Unit"]:
        for event, subscription in self._subscriptions():
            start = event.facts.start
            stale = [lead for lead, each in subscription.reminders.items() if each.armed_for != start]
            if event.takes_place and stale:

                def rearm(
                    subscription: Subscription = subscription, stale: list[int] = stale, start: int = start
                ) -> None:
                    plan(subscription, stale, start, at=at, catch_up=True)

                yield Unit("rearm", event, subscription, do=rearm)

    def _tellings(self, at: int) -> Iterator["Unit"]:
        for event in self.events.values():
            for announcement in event.announcements:
                for subscription in announcement.recipients:
                    is_due = announcement.due <= at and subscription in event.subscriptions
                    if is_due and subscription not in announcement.notified:

                        def notify(
                            event: Event = event,
                            announcement: Announcement = announcement,
                            subscription: Subscription = subscription,
                        ) -> None:
                            announcement.notified.append(subscription)
                            self.inbox.append(inbox_row_of(announcement, event, subscription, at=at))

                        yield Unit("notify", event, subscription, announcement=announcement, do=notify)

    def _remindings(self, at: int) -> Iterator["Unit"]:
        for event, subscription in self._subscriptions():
            for lead, reminder in subscription.reminders.items():
                is_due = reminder.due is not None and reminder.due <= at
                if event.takes_place and is_due and reminder.armed_for == event.facts.start:

                    def remind(
                        event: Event = event,
                        subscription: Subscription = subscription,
                        lead: int = lead,
                        reminder: Reminder = reminder,
                    ) -> None:
                        reminder.due = None
                        self._remind(event, subscription, lead, at=at)

                    yield Unit("remind", event, subscription, lead=lead, do=remind)

    def _remind(self, event: Event, subscription: Subscription, lead: int, *, at: int) -> None:
        if event.facts.start <= at:
            self.missed += 1
            return
        about = (subscription.user, event.number, lead, event.facts.start)
        if about not in self._reminded:  # never twice, even after unsubscribing and subscribing again
            self._reminded.add(about)
            facts = event.facts
            self.inbox.append(
                InboxRow(subscription.user, event.number, "reminder", at, facts.start, facts.location, lead=lead)
            )

    def _subscriptions(self) -> Iterator[tuple[Event, Subscription]]:
        for event in self.events.values():
            for subscription in event.subscriptions:
                yield event, subscription


@dataclass(frozen=True)
class Unit:
    """One thing that a sweep does for one subscription."""

    kind: str
    event: Event
    subscription: Subscription
    do: Callable[[], None]
    lead: int | None = None
    announcement: Announcement | None = None


def plan(subscription: Subscription, leads: list[int], start: int, *, at: int, catch_up: bool) -> None:
    """Set the reminders of these leads. The smallest of those that have passed is due now, if it is to catch up."""
    passed = [lead for lead in leads if start - lead * MINUTE <= at]
    for lead in leads:
        subscription.reminders[lead] = Reminder(None if lead in passed else start - lead * MINUTE, start)
    if passed and catch_up and start > at:
        subscription.reminders[min(passed)].due = at


def kind_of_change(before: Facts, after: Facts) -> str:
    return "relocated" if (before.start, before.end) == (after.start, after.end) else "rescheduled"


def inbox_row_of(announcement: Announcement, event: Event, subscription: Subscription, *, at: int) -> InboxRow:
    return InboxRow(
        subscription.user,
        event.number,
        announcement.kind,
        at,
        event.facts.start,
        event.facts.location,
        before=announcement.before,
        after=announcement.after,
        text=announcement.text,
    )
