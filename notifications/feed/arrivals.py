"""Notifications that are about to be sent to sockets, worded for those sockets that have asked for it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import cast

from notifications.feed.push import NotificationPayload, PushMessage, WordingPayload, payload
from notifications.models import Notification
from notifications.wording import Locale

# How many wordings a process caches. Most are smaller than 1 kB; one with the longest message takes about 20 kB.
WORDINGS_REMEMBERED = 500


@dataclass(frozen=True)
class Arrival:
    """A notification that is about to be sent: the payload, and the two facts that only the wording needs."""

    payload: NotificationPayload
    all_day: bool
    is_test: bool

    @classmethod
    def of(cls, notification: Notification) -> "Arrival":
        return cls(payload(notification), notification.all_day, notification.is_test)

    def payload_for(self, locale: Locale | None, *, at: datetime) -> NotificationPayload:
        """Return the payload, with the wording in this locale unless that is None."""
        if locale is None:
            return self.payload
        words = _wording(
            self.payload["kind"],
            self.payload["starts_at"],
            self.payload["time_zone"],
            json.dumps(self.payload["detail"], ensure_ascii=False),
            self.all_day,
            self.is_test,
            locale,
            at.replace(microsecond=0),
        )
        return {**self.payload, "wording": words}


def payloads_for(locale: Locale | None, arrivals: Iterable[Arrival], *, at: datetime) -> list[NotificationPayload]:
    return [each.payload_for(locale, at=at) for each in arrivals]


def pushed_arrivals(message: PushMessage) -> tuple[list[Arrival], int]:
    """Return the notifications in a pushed message, and the user's number of unread notifications."""
    frame = json.loads(message["frame"])
    all_day, tests = set(message.get("all_day", ())), set(message.get("tests", ()))
    arrivals = [Arrival(each, each["id"] in all_day, each["id"] in tests) for each in frame["notifications"]]
    return arrivals, frame["unread"]


@lru_cache(WORDINGS_REMEMBERED)
def _wording(
    kind: str, starts_at: str, time_zone: str, detail: str, all_day: bool, is_test: bool, locale: Locale, at: datetime
) -> WordingPayload:
    """Word a notification with these facts.

    The result is cached, because an event with thousands of subscribers causes as many notifications with the same
    facts. `at` is in whole seconds, so that notifications which arrive together are worded only once.
    """
    notification = Notification(
        kind=kind,
        starts_at=datetime.fromisoformat(starts_at),
        time_zone=time_zone,
        detail=json.loads(detail),
        all_day=all_day,
        source=Notification.TEST_SOURCE if is_test else "",
    )
    return cast(WordingPayload, asdict(locale.word(notification, at=at)))
