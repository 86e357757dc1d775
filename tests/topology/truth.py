"""Compute from the facts in the database of what everybody must have been notified, and when that was due.

The rules are those of docs/architecture.md, written again without chunks, locks and cursors. They hold for the events
of this run: nobody unsubscribes, and no event is cancelled or moved while reminders of it are due.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any

MINUTE, HOUR = 60.0, 3600.0
# A person, and the `source` of the notification.
Key = tuple[int, str]


def expected(rows: dict[str, Any], *, merge_seconds: float) -> dict[Key, float]:
    """Return of what everybody must be notified at some time, and when that is due."""
    events = {event["id"]: event for event in rows["events"]}
    of_event: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for announcement in rows["announcements"]:
        of_event[announcement["event"]].append(announcement)
    arrived = {(row["user"], row["source"]): row["created_at"] for row in rows["notifications"]}
    due: dict[Key, float] = {}
    for pk, user, event_id, created_at, leads in rows["subscriptions"]:
        event, armed_at = events[event_id], created_at
        catches_up = True
        for announcement in of_event[event_id]:
            if announcement["after"] < pk <= announcement["last"]:
                key = (user, f"announcement:{announcement['id']}")
                due[key] = due_at(announcement, of_event[event_id], merge_seconds=merge_seconds)
                if brings_new_start(announcement):
                    # The leads that have passed by then are void.
                    armed_at, catches_up = arrived.get(key, due[key]), False
        if not event["is_cancelled"]:
            start = event["starts_at"]
            for lead, moment in reminders(start, leads, armed_at, catches_up=catches_up).items():
                due[user, f"reminder:{event_id}:{lead}:{int(start)}"] = moment
    return due


def reminders(start: float, leads: list[int], armed_at: float, *, catches_up: bool) -> dict[int, float]:
    """Return when the reminder of each lead is due, without those that are void.

    Of those that had passed when somebody subscribed, the one with the smallest lead is due at once.
    """
    moments = {lead: start - lead * MINUTE for lead in leads}
    passed = [lead for lead, moment in moments.items() if moment <= armed_at]
    due = {lead: moment for lead, moment in moments.items() if lead not in passed}
    if passed and catches_up and armed_at < start:
        due[min(passed)] = armed_at
    return due


def due_at(announcement: dict[str, Any], others: list[dict[str, Any]], *, merge_seconds: float) -> float:
    """Return when an announcement was due: at once, or if it is a change, after the merge window.

    A change of an event that starts within an hour does not wait, nor does one that a message or a cancellation
    overtakes.
    """
    created_at: float = announcement["created_at"]
    starts = [datetime.fromisoformat(each).timestamp() for each in announcement["starts"] if each]
    if announcement["kind"] in {"message", "cancelled"} or any(start - created_at < HOUR for start in starts):
        return created_at
    hurried = [
        each["created_at"]
        for each in others
        if each["created_at"] >= created_at and each["kind"] in {"message", "cancelled"}
    ]
    return min([created_at + merge_seconds, *hurried])


def brings_new_start(announcement: dict[str, Any]) -> bool:
    before, after = announcement["starts"]
    return bool(before and after and before != after)
