"""Model in memory who must be notified of what, by the rules of events, subscriptions and the sweep.

The model follows the rules and not the services, so that a mistake in one shows as a difference from the other. It
has no chunks, locks or cursors: an edit changes what people must be notified of, and a sweep notifies them of what
is due. Times are seconds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

MINUTE = 60
HOUR = 60 * MINUTE
MERGE_WINDOW = 60
URGENT = HOUR
LONGEST_HOLD = 2 * MINUTE
LATE_AT_START = 10 * MINUTE
MESSAGES_PER_HOUR = 10


@dataclass(frozen=True)
class Facts:
    """The facts whose changes must be announced."""

    start: int
    end: int | None
    location: str


@dataclass(frozen=True)
class InboxRow:
    """An inbox row: its subject, and the facts as they were when it was written.

    `superseded` says that something has replaced it, and `outdone` that nothing has but a reminder with a smaller lead.
    """

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
    superseded: bool = False
    outdone: bool = False
    is_read: bool = False

    @property
    def identity(self) -> "InboxRow":
        """The row without what may change after it was written."""
        location = "" if self.kind == "reminder" else self.location
        return replace(self, location=location, superseded=False, outdone=False, is_read=False)

    @property
    def changed(self) -> set[str]:
        """What it says has changed, of `time` and `place`."""
        return changed(self.kind, self.before, self.after)


@dataclass
class Reminder:
    due: int | None
    armed_for: int


@dataclass(eq=False)
class Subscription:
    user: int
    joined: int  # grows with each subscription
    is_return: bool
    reminders: dict[int, Reminder] = field(default_factory=dict)  # by lead, in minutes


@dataclass(eq=False)
class Announcement:
    """Its recipients are those who joined after `after_joined` and up to `newest`.

    The recipients of a change that waits are all who have joined by the time when the first is notified.
    """

    kind: str
    created: int
    due: int
    newest: int  # `joined` of the newest subscription when it was made, or when the first was notified
    after_joined: int = 0
    before: Facts | None = None
    after: Facts | None = None
    text: str = ""
    notified: list[Subscription] = field(default_factory=list)

    @property
    def is_change(self) -> bool:
        return self.kind in {"rescheduled", "relocated"}

    @property
    def is_change_for_all(self) -> bool:
        return self.is_change and not self.after_joined

    @property
    def brings_new_start(self) -> bool:
        return bool(self.is_change and self.before and self.after and self.before.start != self.after.start)

    def is_to_reach(self, subscription: Subscription) -> bool:
        if subscription in self.notified or subscription.joined <= self.after_joined:
            return False
        is_open = self.is_change_for_all and not self.notified
        return is_open or subscription.joined <= self.newest


@dataclass(eq=False)
class Event:
    number: int
    facts: Facts
    created: int
    subscriptions: list[Subscription] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)  # of which somebody must still be notified
    messages: list[int] = field(default_factory=list)
    left: set[int] = field(default_factory=set)  # users who have unsubscribed, even if they have subscribed again
    unsettled: set[int] = field(default_factory=set)  # of those, whose reminders are still to be superseded
    is_cancelled: bool = False
    is_deleted: bool = False

    @property
    def over(self) -> int:
        return self.facts.start if self.facts.end is None else self.facts.end

    @property
    def takes_place(self) -> bool:
        return not self.is_cancelled and not self.is_deleted

    @property
    def newest(self) -> int:
        return max((each.joined for each in self.subscriptions), default=0)

    @property
    def waiting(self) -> Announcement | None:
        """The change that nobody has been notified of."""
        changes = [each for each in self.announcements if each.is_change_for_all]
        return changes[-1] if changes and not changes[-1].notified else None

    def known_to(self, subscription: Subscription) -> Facts:
        """Return what the subscriber knows, by what must still be announced to them."""
        for each in self.announcements:
            if each.is_change_for_all and each.is_to_reach(subscription):
                assert each.before
                return each.before
        return self.facts

    def holds_back(self, subscription: Subscription, due: int, *, at: int) -> bool:
        """Whether a reminder waits for a change that was made before it fell due."""
        return any(
            each.is_change_for_all
            and each.is_to_reach(subscription)
            and each.created <= due
            and at < each.due + LONGEST_HOLD
            for each in self.announcements
        )

    def subscription_of(self, user: int) -> Subscription | None:
        return next((each for each in self.subscriptions if each.user == user), None)


class Refused(Exception):
    """A refusal; the argument is its code."""


class Model:
    def __init__(self) -> None:
        self.events: dict[int, Event] = {}
        self.inbox: list[InboxRow] = []
        self.missed = 0
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
        if event.over <= at:
            raise Refused("over")
        if event.subscription_of(user):
            raise Refused("already_subscribed")
        self._joined += 1
        subscription = Subscription(user, self._joined, is_return=user in event.left)
        plan(subscription, leads, event.known_to(subscription).start, at=at, catch_up=True)
        event.subscriptions.append(subscription)

    def unsubscribe(self, number: int, user: int) -> None:
        event = self.events.get(number)
        subscription = event and event.subscription_of(user)
        if event and subscription:
            event.subscriptions.remove(subscription)
            event.left.add(user)
            event.unsettled.add(user)

    def read(self, user: int) -> None:
        """Mark everything read."""
        self.inbox = [replace(row, is_read=True) if row.user == user else row for row in self.inbox]

    def set_leads(self, number: int, user: int, leads: list[int], *, at: int) -> None:
        event = self._live(number)
        subscription = event.subscription_of(user)
        if subscription is None:
            raise Refused("missing")
        old = subscription.reminders
        subscription.reminders = {lead: old[lead] for lead in leads if lead in old}
        start = event.known_to(subscription).start
        plan(subscription, [lead for lead in leads if lead not in old], start, at=at, catch_up=False)

    def edit(self, number: int, facts: Facts, *, at: int) -> None:
        event = self._live(number)
        if event.is_cancelled:
            raise Refused("cancelled")
        if facts.end is not None and facts.end <= facts.start:
            raise Refused("end_before_start")
        if facts.start != event.facts.start and facts.start <= at:
            raise Refused("start_in_past")
        before, was_over, waiting = event.facts, event.over <= at, event.waiting
        event.facts = facts
        known = waiting.before if waiting else before
        assert known
        if before == facts or (not waiting and was_over and event.over <= at):
            return
        is_urgent = min(known.start, facts.start) - at < URGENT
        if known == facts:
            if waiting:
                self._withdraw(event, waiting, at=at)
            return
        if waiting:
            waiting.kind, waiting.after = kind_of_change(known, facts), facts
        elif event.subscriptions:
            due = at if is_urgent else at + MERGE_WINDOW
            self._announce(event, kind_of_change(before, facts), at=at, due=due, before=before, after=facts)
        if is_urgent:
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
        self._hurry(event, at=at)
        self._announce(event, "message", at=at, due=at, text=text)

    def _live(self, number: int) -> Event:
        event = self.events.get(number)
        if event is None or event.is_deleted:
            raise Refused("missing")
        return event

    def _announce(self, event: Event, kind: str, *, at: int, due: int, **what: Any) -> None:
        event.announcements.append(Announcement(kind, created=at, due=due, newest=event.newest, **what))

    def _withdraw(self, event: Event, waiting: Announcement, *, at: int) -> None:
        """Drop a change that was undone, and tell those who have joined while it waited."""
        event.announcements.remove(waiting)
        assert waiting.after
        if event.newest > waiting.newest:
            self._announce(
                event,
                kind_of_change(waiting.after, event.facts),
                at=at,
                due=at,
                before=waiting.after,
                after=event.facts,
                after_joined=waiting.newest,
            )

    def _hurry(self, event: Event, *, at: int) -> None:
        """Make waiting announcements due no later than one that is due at once."""
        for announcement in event.announcements:
            announcement.due = min(announcement.due, at)

    def _announce_the_end(self, event: Event, reason: str, *, at: int) -> None:
        """Announce the end in place of changes that nobody was notified of; `before` is what people know."""
        if event.subscriptions:
            before = event.waiting.before if event.waiting else event.facts
            unheard = [each for each in event.announcements if each.is_change and not each.notified]
            event.announcements = [each for each in event.announcements if each not in unheard]
            self._announce(event, "cancelled", at=at, due=at, before=before, text=reason)

    # ------------------------------------------------------------------------------------------------ what a sweep does

    def sweep(self, *, at: int, did: Callable[["Unit"], bool] = lambda unit: True) -> None:
        """Do everything that is due, or after a crash the units that `did` says were done."""
        for units in (self._endings, self._tellings, self._remindings):
            for unit in list(units(at)):
                if did(unit):
                    unit.do()

    def complete(self, *, at: int) -> None:
        """Forget the announcements of which nobody must be notified any more."""
        for event in self.events.values():
            event.announcements = [
                each for each in event.announcements if each.due > at or any(map(each.is_to_reach, event.subscriptions))
            ]

    def purge(self, number: int) -> None:
        del self.events[number]

    def purgeable(self) -> set[int]:
        """Return the deleted events of which nobody is still to be notified."""
        return {event.number for event in self.events.values() if event.is_deleted and not event.announcements}

    def _endings(self, at: int) -> Iterator["Unit"]:
        """Supersede the reminders of those who will not take part."""
        for event in self.events.values():
            if not event.takes_place:
                for subscription in event.subscriptions:
                    yield Unit("off", event, subscription.user, do=partial(self._end, event, subscription.user))
            for user in set(event.unsettled):

                def leave(event: Event = event, user: int = user) -> None:
                    event.unsettled.discard(user)
                    self._end(event, user, again=event.subscription_of(user))

                yield Unit("leave", event, user, do=leave)

    def _end(self, event: Event, user: int, again: Subscription | None = None) -> None:
        """Supersede the user's reminders; if they have subscribed again, only those of another start."""
        known = event.known_to(again).start if again else None
        self._void(event, user, lambda row: row.kind == "reminder" and row.start != known)

    def _tellings(self, at: int) -> Iterator["Unit"]:
        for event in self.events.values():
            for announcement in event.announcements:
                for subscription in event.subscriptions:
                    if announcement.due <= at and announcement.is_to_reach(subscription):

                        def notify(
                            event: Event = event,
                            announcement: Announcement = announcement,
                            subscription: Subscription = subscription,
                        ) -> None:
                            self._notify(event, announcement, subscription, at=at)

                        yield Unit(
                            "notify",
                            event,
                            subscription.user,
                            do=notify,
                            row=partial(inbox_row_of, announcement, event, subscription.user, at=at),
                        )

    def _notify(self, event: Event, announcement: Announcement, subscription: Subscription, *, at: int) -> None:
        """Supersede what this replaces, tell it, and re-arm the reminders for a new start. Passed leads are void."""
        if not announcement.notified and announcement.is_change_for_all:
            announcement.newest = event.newest
        announcement.notified.append(subscription)
        row = inbox_row_of(announcement, event, subscription.user, at=at)
        covers = row.changed
        is_end, brings_new_start = row.kind == "cancelled", announcement.brings_new_start
        self._void(
            event,
            subscription.user,
            lambda each: (
                bool(each.before and each.kind != "cancelled" and each.changed <= covers)
                or (each.kind == "reminder" and (is_end or (brings_new_start and each.start != row.start)))
            ),
        )
        if "place" in covers and not is_end:
            for index, each in enumerate(self.inbox):
                is_theirs = (each.user, each.event, each.kind) == (subscription.user, event.number, "reminder")
                if is_theirs and not each.superseded:
                    self.inbox[index] = replace(each, location=row.location)
        self.inbox.append(row)
        if brings_new_start:
            plan(subscription, list(subscription.reminders), row.start, at=at, catch_up=False)

    def _remindings(self, at: int) -> Iterator["Unit"]:
        """Of what is due of a subscription, only the smallest lead is sent."""
        for event, subscription in self._subscriptions():
            due = {
                lead: reminder
                for lead, reminder in sorted(subscription.reminders.items())
                if reminder.due is not None
                and reminder.due <= at
                and not event.holds_back(subscription, reminder.due, at=at)
            }
            if due and event.takes_place:

                def remind(
                    event: Event = event, subscription: Subscription = subscription, due: dict[int, Reminder] = due
                ) -> None:
                    start = event.known_to(subscription).start
                    missed = {lead for lead in due if at >= (start if lead else start + LATE_AT_START)}
                    for reminder in due.values():
                        reminder.due = None
                    self.missed += len(missed)
                    if sent := due.keys() - missed:
                        self._remind(event, subscription, min(sent), at=at)

                yield Unit("remind", event, subscription.user, lead=min(due), do=remind)

    def _remind(self, event: Event, subscription: Subscription, lead: int, *, at: int) -> None:
        facts = event.known_to(subscription)
        theirs = [row for row in self.inbox if (row.user, row.event) == (subscription.user, event.number)]
        reminders = [row for row in theirs if row.kind == "reminder"]
        for row in reminders:
            is_other = (row.lead, row.start) != (lead, facts.start)
            is_larger = row.lead is not None and row.lead > lead
            if not row.superseded and (is_larger or (subscription.is_return and is_other)):
                self._replace(row, superseded=True, outdone=True)
        same = next((row for row in reminders if (row.lead, row.start) == (lead, facts.start)), None)
        if same and same.superseded and subscription.is_return:
            if same.is_read:
                self._replace(same, superseded=False, outdone=False)
            else:
                self.inbox.remove(same)
                same = None
        if same is None:  # never twice, even after unsubscribing and subscribing again
            self.inbox.append(
                InboxRow(subscription.user, event.number, "reminder", at, facts.start, facts.location, lead=lead)
            )

    def _void(self, event: Event, user: int, is_untrue: Callable[[InboxRow], bool]) -> None:
        for row in list(self.inbox):
            if (row.user, row.event) == (user, event.number) and is_untrue(row):
                self._replace(row, superseded=True, outdone=False)

    def _replace(self, row: InboxRow, **changes: Any) -> None:
        self.inbox[self.inbox.index(row)] = replace(row, **changes)

    def _subscriptions(self) -> Iterator[tuple[Event, Subscription]]:
        for event in self.events.values():
            for subscription in event.subscriptions:
                yield event, subscription


@dataclass(frozen=True)
class Unit:
    """One thing that a sweep does for one person."""

    kind: str
    event: Event
    user: int
    do: Callable[[], None]
    lead: int | None = None
    row: Callable[[], InboxRow] | None = None


def plan(subscription: Subscription, leads: list[int], start: int, *, at: int, catch_up: bool) -> None:
    """Set the reminders of these leads. The smallest of those that have passed is due now, if it is to catch up."""
    passed = [lead for lead in leads if start - lead * MINUTE <= at]
    for lead in leads:
        subscription.reminders[lead] = Reminder(None if lead in passed else start - lead * MINUTE, start)
    if passed and catch_up and start > at:
        subscription.reminders[min(passed)].due = at


def kind_of_change(before: Facts, after: Facts) -> str:
    return "relocated" if (before.start, before.end) == (after.start, after.end) else "rescheduled"


def changed(kind: str, before: Facts | None, after: Facts | None) -> set[str]:
    """Return what an announcement says has changed, of `time` and `place`."""
    if kind == "cancelled":
        return {"time", "place"}
    if before is None or after is None:
        return set()
    time = {"time"} if (before.start, before.end) != (after.start, after.end) else set()
    return time | ({"place"} if before.location != after.location else set())


def inbox_row_of(announcement: Announcement, event: Event, user: int, *, at: int) -> InboxRow:
    """Return the row with the facts as they are known once it was delivered."""
    facts = announcement.after or announcement.before or (event.waiting.before if event.waiting else event.facts)
    assert facts
    return InboxRow(
        user,
        event.number,
        announcement.kind,
        at,
        facts.start,
        facts.location,
        before=announcement.before,
        after=announcement.after,
        text=announcement.text,
    )
