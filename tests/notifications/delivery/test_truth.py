"""Test that people are notified only of what is true, in stories of slips, moves and changed minds.

People act through the API, at the times of a story; the sweep runs at each of its moments that matters.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts import middleware
from accounts.models import User
from events.local_time import day_start
from events.models import Announcement, Event, Reminder
from events.starts import Start
from notifications.delivery import announcing, batches, settling, sweeper
from notifications.mail.escalation import escalate_unread
from notifications.models import NoticeMail, Notification
from tests.makers import Api, MakeEvent, MakeUser
from tests.notifications.delivery.sweeps import sweep_at

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MERGE = 60 * SECOND


@dataclass
class Story:
    """One event and what people do about it. `now` is the time at which they do it, and the sweep has run by then."""

    api: Api
    event: Event
    now: datetime

    def wait(self, span: timedelta) -> None:
        """Let time pass, with a sweep every five seconds for two minutes, and at the end."""
        until = self.now + span
        for second in range(1, min(120, int(span.total_seconds())), 5):
            sweep_at(self.now + second * SECOND)
        self.now = until
        sweep_at(until)

    def edit(self, **changes: Any) -> None:
        body = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in changes.items()}
        self._done(self.api(self.event.author).patch(f"/api/v1/events/{self.event.pk}/", body, format="json"))

    def announce(self, message: str) -> None:
        url = f"/api/v1/events/{self.event.pk}/announce/"
        self._done(self.api(self.event.author).post(url, {"message": message}, format="json"))

    def cancel(self, reason: str = "") -> None:
        url = f"/api/v1/events/{self.event.pk}/cancel/"
        self._done(self.api(self.event.author).post(url, {"reason": reason}, format="json"))

    def delete(self) -> None:
        self._done(self.api(self.event.author).delete(f"/api/v1/events/{self.event.pk}/"))

    def subscribe(self, user: User, *leads: int) -> None:
        url = f"/api/v1/events/{self.event.pk}/subscribe/"
        self._done(self.api(user).post(url, {"leads": leads}, format="json"))

    def unsubscribe(self, user: User) -> None:
        self._done(self.api(user).post(f"/api/v1/events/{self.event.pk}/unsubscribe/"))

    def _done(self, response: Any) -> None:
        assert response.status_code < 300, response.content


def inbox(user: User) -> list[str]:
    """Return what is in the user's inbox, the oldest first: its kind, with `-` in front if it has been superseded."""
    rows = Notification.objects.owned_by(user).order_by("id")
    return [f"{'-' if row.superseded_at else ''}{row.kind}" for row in rows]


def mailed(user: User, *, at: datetime) -> list[tuple[str, str]]:
    """Return kind and location of what a mail at this time contains, the oldest first."""
    escalate_unread(at=at)
    mails = NoticeMail.objects.filter(recipient=user)
    rows = [row for mail in mails for row in Notification.objects.owned_by(user).current().of_mail(mail)]
    return [(row.kind, row.location) for row in rows]


def unread_of(user: User) -> int:
    return Notification.objects.owned_by(user).unread().count()


@pytest.fixture(autouse=True)
def _no_pushes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeper.push, "push_new", lambda *args, **options: None)


@pytest.fixture
def make_story(make_event: MakeEvent, api: Api, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Story]:
    """Return a function that begins the story of an event, to which these people subscribe with these leads."""

    def make(leads: dict[User, list[int]], **event: Any) -> Story:
        story = Story(api, make_event(**{"location": "Rome", "starts_at": at + 5 * DAY} | event), at)
        monkeypatch.setattr(middleware, "database_now", lambda: story.now)
        for user, chosen in leads.items():
            story.subscribe(user, *chosen)
        story.wait(SECOND)
        return story

    return make


MakeStory = Callable[..., Story]


# ------------------------------------------------------------------------------------------------------------- slips


def test_slip_that_is_undone_is_never_notified(make_story: MakeStory, subscriber: User) -> None:
    story = make_story({subscriber: [1440]})
    start = story.event.starts_at

    story.edit(starts_at=story.now + 3 * HOUR)
    story.wait(8 * SECOND)
    story.edit(starts_at=start)
    story.wait(2 * MINUTE)

    assert inbox(subscriber) == []
    assert Reminder.objects.get().due_at == start - DAY
    story.now = start - DAY
    story.wait(SECOND)
    assert inbox(subscriber) == ["reminder"]


def test_third_value_is_notified_once_from_what_was_known_before(make_story: MakeStory, subscriber: User) -> None:
    story = make_story({subscriber: [1440]})
    start = story.event.starts_at

    story.edit(starts_at=story.now + 3 * HOUR)
    story.wait(8 * SECOND)
    story.edit(starts_at=start + DAY)
    story.wait(2 * MINUTE)

    assert inbox(subscriber) == ["rescheduled"]
    detail = Notification.objects.get().detail
    moments = [datetime.fromisoformat(detail[name]["starts_at"]) for name in ("before", "after")]
    assert moments == [start, start + DAY]
    assert Reminder.objects.get().due_at == start


def test_reminder_that_falls_due_during_a_wrong_location_says_the_right_one(
    make_story: MakeStory, subscriber: User
) -> None:
    story = make_story({subscriber: [1440]})
    story.now = story.event.starts_at - DAY - 10 * SECOND

    story.edit(location="Roem")
    story.wait(25 * SECOND)
    assert inbox(subscriber) == []
    story.edit(location="Rome")
    story.wait(2 * MINUTE)

    assert inbox(subscriber) == ["reminder"]
    assert Notification.objects.get().location == "Rome"


def test_reminder_that_falls_due_before_a_slip_says_what_was_announced(make_story: MakeStory, subscriber: User) -> None:
    story = make_story({subscriber: [1440]})
    story.now = story.event.starts_at - DAY + SECOND  # and no sweep has run since it fell due

    story.edit(location="Roem", starts_at=story.event.starts_at + DAY)
    story.wait(5 * SECOND)

    reminder = Notification.objects.get()
    assert (reminder.kind, reminder.location, reminder.starts_at) == ("reminder", "Rome", story.event.starts_at)


# -------------------------------------------------------------------------------------------------------------- order


def test_message_follows_the_move_that_it_explains(make_story: MakeStory, subscriber: User) -> None:
    story = make_story({subscriber: []})

    story.edit(starts_at=story.event.starts_at + DAY)
    story.announce("Sorry, a day later.")
    story.wait(SECOND)

    assert inbox(subscriber) == ["rescheduled", "message"]
    assert {row.starts_at for row in Notification.objects.all()} == {story.event.starts_at + DAY}


def test_move_past_a_lead_is_the_reminder_of_that_lead(make_story: MakeStory, subscriber: User) -> None:
    story = make_story({subscriber: [1440, 60]})

    story.edit(starts_at=story.now + 3 * HOUR)
    story.wait(2 * MINUTE)
    assert inbox(subscriber) == ["rescheduled"]

    story.now += 2 * HOUR
    story.wait(SECOND)
    assert inbox(subscriber) == ["rescheduled", "reminder"]


def test_small_shift_after_the_reminder_of_the_day_before_is_notified_alone(
    make_story: MakeStory, subscriber: User
) -> None:
    story = make_story({subscriber: [1440]})
    story.now = story.event.starts_at - DAY
    story.wait(SECOND)

    story.now += 15 * MINUTE
    story.edit(starts_at=story.event.starts_at + 10 * MINUTE)
    story.wait(2 * MINUTE)

    assert inbox(subscriber) == ["-reminder", "rescheduled"]


def test_cancellation_within_the_window_is_notified_alone_with_what_was_known(
    make_story: MakeStory, subscriber: User
) -> None:
    story = make_story({subscriber: [1440]})
    start = story.event.starts_at

    story.edit(starts_at=start + DAY, location="Milan")
    story.wait(10 * SECOND)
    story.cancel("Rain")
    story.wait(2 * MINUTE)

    assert inbox(subscriber) == ["cancelled"]
    row = Notification.objects.get()
    assert (row.detail["before"]["location"], row.location, row.starts_at) == ("Rome", "Rome", start)


def test_cancellation_while_a_move_is_delivered_leaves_no_reminder_to_come(
    make_story: MakeStory, subscriber: User, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = make_story({subscriber: [60], stranger: [60]})
    monkeypatch.setattr(batches, "BATCH_SIZE", 1)
    story.edit(starts_at=story.event.starts_at + DAY)
    story.now += MERGE
    announcing.deliver_announcements(at=story.now, busy=set())  # to the first
    story.cancel()
    for _ in range(3):
        settling.settle_reminders_of_events(at=story.now, busy=set())
    story.wait(SECOND)

    assert inbox(subscriber) == inbox(stranger) == ["-rescheduled", "cancelled"]
    assert not Reminder.objects.filter(due_at__isnull=False).exists()


def test_edit_after_the_first_has_heard_of_a_change_is_a_change_of_its_own(
    make_story: MakeStory, subscriber: User
) -> None:
    story = make_story({subscriber: []})

    story.edit(location="Milan")
    story.wait(MERGE)
    story.edit(location="Rome")
    story.wait(MERGE)

    assert inbox(subscriber) == ["-relocated", "relocated"]
    last = Notification.objects.order_by("id").last()
    assert last
    assert (last.detail["before"]["location"], last.detail["after"]["location"]) == ("Milan", "Rome")


# ------------------------------------------------------------------------------------- subscribing while a change waits


def test_who_subscribes_while_a_change_waits_is_notified_if_it_is_delivered(
    make_story: MakeStory, subscriber: User, stranger: User
) -> None:
    story = make_story({subscriber: [60]})

    story.edit(starts_at=story.event.starts_at + DAY)
    story.wait(10 * SECOND)
    story.subscribe(stranger, 60)
    story.wait(2 * MINUTE)

    assert inbox(subscriber) == inbox(stranger) == ["rescheduled"]
    assert set(Reminder.objects.values_list("armed_for", flat=True)) == {story.event.starts_at + DAY}


def test_who_subscribes_while_a_change_waits_is_notified_alone_if_it_is_undone(
    make_story: MakeStory, subscriber: User, stranger: User
) -> None:
    story = make_story({subscriber: [60]})
    start = story.event.starts_at

    story.edit(starts_at=start + DAY)
    story.wait(10 * SECOND)
    story.subscribe(stranger, 60)
    story.edit(starts_at=start)
    story.wait(2 * MINUTE)

    assert (inbox(subscriber), inbox(stranger)) == ([], ["rescheduled"])
    detail = Notification.objects.get().detail
    moments = [datetime.fromisoformat(detail[name]["starts_at"]) for name in ("before", "after")]
    assert moments == [start + DAY, start]
    assert set(Reminder.objects.values_list("due_at", flat=True)) == {start - HOUR}


def test_reminder_of_who_subscribes_late_while_a_change_waits_waits_too(
    make_story: MakeStory, subscriber: User, stranger: User
) -> None:
    story = make_story({subscriber: []}, starts_at=datetime.now().astimezone() + 3 * HOUR)

    story.edit(starts_at=story.event.starts_at + DAY)
    story.wait(10 * SECOND)
    story.subscribe(stranger, 1440)  # which has passed by the announced start
    story.wait(10 * SECOND)
    assert inbox(stranger) == []
    story.wait(MERGE)

    assert inbox(stranger) == ["rescheduled"]


# -------------------------------------------------------------------------------------------------------- superseded


@pytest.fixture
def reminded(make_story: MakeStory, subscriber: User) -> Story:
    """Return the story of an event in three hours; its subscriber has an unread reminder."""
    story = make_story({subscriber: [1440]}, starts_at=datetime.now().astimezone().replace(microsecond=0) + 3 * HOUR)
    assert inbox(subscriber) == ["reminder"]
    return story


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda story: story.cancel(), ["-reminder", "cancelled"]),
        (lambda story: story.delete(), ["-reminder", "cancelled"]),
        (lambda story: story.edit(starts_at=story.event.starts_at + 7 * DAY), ["-reminder", "rescheduled"]),
        (lambda story: story.unsubscribe(User.objects.get(username="subscriber")), ["-reminder"]),
    ],
    ids=["cancel", "delete", "move", "unsubscribe"],
)
def test_unread_reminder_is_superseded_by_the_facts(
    reminded: Story, subscriber: User, act: Callable[[Story], None], expected: list[str]
) -> None:
    act(reminded)
    reminded.wait(MERGE)

    assert inbox(subscriber) == expected
    assert unread_of(subscriber) == len(expected) - 1


def test_reminder_of_who_unsubscribes_is_not_current_even_before_a_sweep(reminded: Story, subscriber: User) -> None:
    reminded.unsubscribe(subscriber)

    assert inbox(subscriber) == ["reminder"]
    assert not Notification.objects.owned_by(subscriber).current().exists()


@pytest.mark.parametrize("sweeps_between", [True, False])
def test_who_subscribes_again_has_the_reminder_unread_and_once(
    reminded: Story, subscriber: User, sweeps_between: bool
) -> None:
    reminded.unsubscribe(subscriber)
    if sweeps_between:
        reminded.wait(SECOND)
        assert inbox(subscriber) == ["-reminder"]
    reminded.subscribe(subscriber, 1440)
    reminded.wait(2 * SECOND)

    assert inbox(subscriber) == ["reminder"]
    assert unread_of(subscriber) == 1


def test_fresh_reminder_of_who_subscribes_again_has_a_new_id_so_that_it_can_be_emailed(
    reminded: Story, subscriber: User
) -> None:
    old = Notification.objects.get().pk
    reminded.unsubscribe(subscriber)
    reminded.wait(SECOND)
    reminded.subscribe(subscriber, 1440)
    reminded.wait(SECOND)

    assert Notification.objects.get().pk > old


def test_who_subscribes_again_with_fewer_leads_has_one_current_reminder(
    make_story: MakeStory, subscriber: User
) -> None:
    story = make_story({subscriber: [1440, 60]})
    for lead in (DAY, HOUR):
        story.now = story.event.starts_at - lead
        story.wait(SECOND)

    story.unsubscribe(subscriber)
    story.subscribe(subscriber, 1440)
    story.wait(SECOND)

    assert sorted(inbox(subscriber)) == ["-reminder", "reminder"]
    assert Notification.objects.current().get().lead == 1440


def test_reminder_of_another_start_is_superseded_even_if_nobody_was_subscribed_when_it_changed(
    reminded: Story, subscriber: User
) -> None:
    reminded.unsubscribe(subscriber)
    reminded.edit(starts_at=reminded.event.starts_at + 7 * DAY)
    reminded.subscribe(subscriber, 60)
    reminded.wait(SECOND)

    assert inbox(subscriber) == ["-reminder"]


def test_reminder_of_a_start_at_midnight_is_superseded_when_the_event_becomes_all_day(
    make_story: MakeStory, subscriber: User, at: datetime
) -> None:
    midnight = at.replace(hour=0, minute=0, second=0) + 2 * DAY
    story = make_story({subscriber: [2880]}, starts_at=midnight)
    assert inbox(subscriber) == ["reminder"]

    story.edit(all_day=True)
    story.wait(MERGE)

    assert inbox(subscriber) == ["-reminder", "rescheduled"]


@pytest.mark.parametrize("mark", ["read_at", "emailed_at"])
def test_reminder_that_was_read_or_emailed_becomes_current_again(reminded: Story, subscriber: User, mark: str) -> None:
    Notification.objects.update(**{mark: reminded.now})
    old = Notification.objects.get().pk
    reminded.unsubscribe(subscriber)
    reminded.wait(SECOND)
    reminded.subscribe(subscriber, 1440)
    reminded.wait(SECOND)

    row = Notification.objects.get()
    assert (row.pk, row.superseded_at) == (old, None)


def test_other_location_leaves_the_move_current(make_story: MakeStory, subscriber: User) -> None:
    story = make_story({subscriber: []})

    story.edit(starts_at=story.event.starts_at + DAY)
    story.wait(MERGE)
    story.edit(location="Milan")
    story.wait(MERGE)
    assert inbox(subscriber) == ["rescheduled", "relocated"]

    story.edit(starts_at=story.event.starts_at + 2 * DAY)
    story.wait(MERGE)
    assert inbox(subscriber) == ["-rescheduled", "relocated", "rescheduled"]


def test_move_does_not_supersede_a_change_of_time_and_location(make_story: MakeStory, subscriber: User) -> None:
    story = make_story({subscriber: []})

    story.edit(starts_at=story.event.starts_at + DAY, location="Milan")
    story.wait(MERGE)
    story.edit(starts_at=story.event.starts_at + 2 * DAY)
    story.wait(MERGE)

    assert inbox(subscriber) == ["rescheduled", "rescheduled"]


def test_cancellation_supersedes_changes_and_leaves_messages(make_story: MakeStory, subscriber: User) -> None:
    story = make_story({subscriber: []})

    story.edit(starts_at=story.event.starts_at + DAY, location="Milan")
    story.announce("Bring shoes.")
    story.wait(SECOND)
    story.cancel()
    story.wait(SECOND)

    assert inbox(subscriber) == ["-rescheduled", "message", "cancelled"]


def test_current_reminder_names_the_new_location(make_story: MakeStory, subscriber: User) -> None:
    story = make_story({subscriber: [1440, 2880]})
    for lead in (2 * DAY, DAY):
        story.now = story.event.starts_at - lead
        story.wait(SECOND)

    story.edit(location="Milan")
    story.wait(MERGE)

    rows = Notification.objects.filter(kind="reminder").order_by("id").values_list("lead", "location", "superseded_at")
    old, new = rows
    assert (old[:2], new[:2]) == ((2880, "Rome"), (1440, "Milan"))
    assert old[2] is not None
    assert new[2] is None


def test_three_leads_that_pass_while_nobody_reads_leave_one_current_reminder(
    make_story: MakeStory, subscriber: User
) -> None:
    story = make_story({subscriber: [2880, 1440, 60]})
    for lead in (2 * DAY, DAY, HOUR):
        story.now = story.event.starts_at - lead
        story.wait(SECOND)

    assert inbox(subscriber) == ["-reminder", "-reminder", "reminder"]
    assert unread_of(subscriber) == 1
    assert list(Notification.objects.order_by("id").values_list("has_later_reminder", flat=True)) == [True, True, False]


def test_three_leads_that_pass_while_the_sweep_is_down_are_notified_once(
    make_story: MakeStory, subscriber: User
) -> None:
    story = make_story({subscriber: [2880, 1440, 60]})

    story.now = story.event.starts_at - HOUR
    story.wait(SECOND)

    assert inbox(subscriber) == ["reminder"]
    assert Notification.objects.get().lead == 60


def test_smallest_lead_is_notified_alone_however_small_the_batches_are(
    make_story: MakeStory, make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = [make_user(f"user{number}") for number in range(3)]
    story = make_story({user: [2880, 1440, 60] for user in users})
    monkeypatch.setattr(batches, "BATCH_SIZE", 2)

    story.now = story.event.starts_at - HOUR
    story.wait(SECOND)

    assert [inbox(user) for user in users] == [["reminder"]] * 3
    assert set(Notification.objects.values_list("lead", flat=True)) == {60}


# -------------------------------------------------------------------------------------------------------------- mail


@pytest.fixture
def _subscriber_is_mailed(subscriber: User, at: datetime) -> None:
    User.objects.filter(pk=subscriber.pk).update(email_verified_at=at)


@pytest.mark.usefixtures("_subscriber_is_mailed")
def test_unread_move_and_other_location_are_both_mailed(make_story: MakeStory, subscriber: User) -> None:
    story = make_story({subscriber: []})

    story.edit(starts_at=story.event.starts_at + DAY)
    story.wait(MERGE)
    story.edit(location="Milan")
    story.wait(MERGE)

    assert mailed(subscriber, at=story.now + HOUR) == [("rescheduled", "Rome"), ("relocated", "Milan")]


@pytest.mark.usefixtures("_subscriber_is_mailed")
def test_reminder_that_is_mailed_after_a_relocation_names_the_new_location(reminded: Story, subscriber: User) -> None:
    reminded.edit(location="Milan")
    reminded.wait(MERGE)

    assert mailed(subscriber, at=reminded.now + HOUR) == [("reminder", "Milan"), ("relocated", "Milan")]


@pytest.mark.usefixtures("_subscriber_is_mailed")
@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda story: story.cancel(), ["cancelled"]),
        (lambda story: story.delete(), ["cancelled"]),
        (lambda story: story.edit(starts_at=story.event.starts_at + 7 * DAY), ["rescheduled"]),
        (lambda story: story.unsubscribe(User.objects.get(username="subscriber")), []),
    ],
    ids=["cancel", "delete", "move", "unsubscribe"],
)
def test_superseded_reminder_is_never_mailed(
    reminded: Story, subscriber: User, act: Callable[[Story], None], expected: list[str]
) -> None:
    act(reminded)
    reminded.wait(MERGE)

    assert [kind for kind, _ in mailed(subscriber, at=reminded.now + HOUR)] == expected


# ------------------------------------------------------------------------------------------------------- silent moves


@pytest.fixture
def whole_day(make_story: MakeStory, subscriber: User, stranger: User, at: datetime) -> Story:
    """Return the story of a whole day in New York, with two subscribers who are to be reminded the day before."""
    zone = ZoneInfo("America/New_York")
    start = day_start((at + 10 * DAY).date(), zone)
    times = {"starts_at": start, "ends_at": start + HOUR, "all_day": True, "time_zone": zone.key}
    return make_story({subscriber: [1440], stranger: [1440]}, **times)


def due_moments() -> set[datetime | None]:
    return set(Reminder.objects.values_list("due_at", flat=True))


def test_zone_of_a_whole_day_moves_the_reminders_silently(whole_day: Story, subscriber: User) -> None:
    whole_day.edit(time_zone="Europe/Berlin")
    whole_day.wait(2 * MINUTE)

    assert inbox(subscriber) == []
    assert due_moments() == {Start.of(Event.objects.get()).due_at(1440)}


def test_zone_of_a_whole_day_that_is_edited_with_its_location_moves_the_reminders(
    whole_day: Story, subscriber: User
) -> None:
    """Nine in Berlin is six hours earlier than nine in New York."""
    [before] = due_moments()
    whole_day.edit(time_zone="Europe/Berlin", location="Milan")
    whole_day.wait(30 * SECOND)
    assert due_moments() == {before}
    whole_day.wait(MINUTE)

    assert inbox(subscriber) == ["relocated"]
    [after] = due_moments()
    assert before
    assert after
    assert before - after == 6 * HOUR


def test_zone_of_a_whole_day_that_is_edited_while_a_move_is_delivered_moves_the_reminders(
    whole_day: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH_SIZE", 1)
    start = whole_day.event.starts_at + DAY
    whole_day.edit(starts_at=start, ends_at=start + HOUR)
    with monkeypatch.context() as patch:
        patch.setattr(announcing, "mark_notified", lambda *args, **options: 1 / 0)
        whole_day.wait(MERGE)
    announcing._deliver_announcement(whole_day.event.pk, at=whole_day.now)  # to the first, before all of a sweep
    whole_day.edit(time_zone="Europe/Berlin")
    for _ in range(3):
        settling._settle_event(whole_day.event.pk, at=whole_day.now)
    whole_day.wait(SECOND)

    assert due_moments() == {Start.of(Event.objects.get()).due_at(1440)}


def test_zone_of_a_timed_event_moves_nothing(make_story: MakeStory, subscriber: User) -> None:
    story = make_story({subscriber: [1440]})

    story.edit(time_zone="Europe/Berlin")

    assert not Event.objects.awaiting_rearm().exists()


# ------------------------------------------------------------------------------------------------------- holding back


def test_delivery_that_is_stuck_holds_reminders_back_for_two_minutes_at_most(
    make_story: MakeStory, subscriber: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = make_story({subscriber: [1440]})
    story.now = story.event.starts_at - DAY - 10 * SECOND
    monkeypatch.setattr(announcing, "insert_announcement_notifications", lambda *args, **options: 1 / 0)

    story.edit(location="Milan")
    story.wait(MERGE + 2 * MINUTE - SECOND)
    assert inbox(subscriber) == []
    story.wait(SECOND)

    assert inbox(subscriber) == ["reminder"]
    assert Notification.objects.get().location == "Rome"


def test_delivery_that_takes_long_holds_reminders_back_for_two_minutes_at_most(
    make_story: MakeStory, make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = [make_user(f"user{number}") for number in range(4)]
    story = make_story({user: [1440] for user in users})
    story.now = story.event.starts_at - DAY - 10 * SECOND
    story.edit(location="Milan")
    due_at = story.now + MERGE
    monkeypatch.setattr(batches, "BATCH_SIZE", 1)
    ticks = (due_at + number * 10 * SECOND for number in count())  # the time at each step of the sweep

    sweeper.sweep(clock=lambda: next(ticks))

    moments: dict[str, list[datetime]] = {"relocated": [], "reminder": []}
    for row in Notification.objects.order_by("id"):
        moments[row.kind].append(row.created_at)
    assert moments["relocated"][-1] > due_at + 2 * MINUTE
    assert due_at + 2 * MINUTE <= moments["reminder"][0] < due_at + 4 * MINUTE


@pytest.mark.django_db(transaction=True)
def test_change_and_its_rearming_are_one(
    make_story: MakeStory, subscriber: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = make_story({subscriber: [60]})
    story.edit(starts_at=story.event.starts_at + DAY)
    with monkeypatch.context() as patch:
        patch.setattr(announcing, "follow_change", lambda *args, **options: 1 / 0)
        story.wait(MERGE)

    assert inbox(subscriber) == []
    assert Announcement.objects.get().is_waiting
    story.wait(SECOND)
    assert inbox(subscriber) == ["rescheduled"]
    assert Reminder.objects.get().armed_for == story.event.starts_at + DAY
