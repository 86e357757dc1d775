"""Count what a run has lost, doubled and delayed."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from tests.faults.pages import Page
from tests.topology.people import Asked, Crowd
from tests.topology.truth import Key

CALM_SECONDS = 3


@dataclass
class Deliveries:
    """What happened to notifications. All lists but the last two must be empty."""

    lost: list[Key] = field(default_factory=list)
    doubled: list[Any] = field(default_factory=list)
    # Rows of which nobody had to be notified, or not yet.
    undue: list[Key] = field(default_factory=list)
    # (user of the page, id)
    foreign: list[tuple[int, int]] = field(default_factory=list)
    repeated: list[tuple[int, int]] = field(default_factory=list)
    unseen: list[tuple[int, int]] = field(default_factory=list)
    # In seconds after the due time, in ascending order: to the inbox, and to each open page.
    inbox_lags: list[float] = field(default_factory=list)
    socket_lags: list[float] = field(default_factory=list)


def deliveries(rows: dict[str, Any], due: dict[Key, float], pages: Iterable[Page], *, until: float) -> Deliveries:
    """Compare inboxes and open pages with what was due. What falls due later than `until` need not be there yet."""
    found = Deliveries()
    inbox = {row["id"]: row for row in rows["notifications"]}
    keys = Counter((row["user"], row["source"]) for row in inbox.values())
    meanings = Counter((row["user"], repr(row["what"])) for row in inbox.values() if row["what"][0] == "reminder")
    found.lost = sorted(key for key, moment in due.items() if moment <= until and key not in keys)
    found.doubled = [key for counts in (keys, meanings) for key, count in counts.items() if count > 1]
    for row in inbox.values():
        key = (row["user"], row["source"])
        if key not in due or row["created_at"] < due[key]:
            found.undue.append(key)
        else:
            found.inbox_lags.append(row["created_at"] - due[key])
    for page in pages:
        mine = {pk for pk, row in inbox.items() if row["user"] == page.user}
        shown = set(page.notifications)
        found.foreign += [(page.user, pk) for pk in sorted(shown - mine)]
        found.repeated += [(page.user, pk) for pk in page.repeated]
        # What was superseded before a socket was open again is not sent any more.
        current = {pk for pk in mine if inbox[pk]["is_current"] and inbox[pk]["created_at"] <= until}
        found.unseen += [(page.user, pk) for pk in sorted(current - shown)]
        for pk in mine & shown:
            moment = due.get((page.user, inbox[pk]["source"]))
            found.socket_lags += [] if moment is None else [page.seen_at[pk] - moment]
    found.inbox_lags.sort()
    found.socket_lags.sort()
    return found


@dataclass
class Mails:
    """What happened to emails."""

    sent: int
    # Unread notifications that were not emailed, and the Message-IDs of emails that the server never got.
    lost: list[Any]
    # How many messages the server got again, with the same Message-ID.
    again: int
    # Messages that nobody was owed, and what one person was sent in two messages with different Message-IDs.
    doubled: list[Any]


def mails(rows: dict[str, Any], received: Sequence[EmailMessage], texts: Iterable[str], *, until: float) -> Mails:
    """Compare what the mail server had received, before the rows were read, with the emails that were owed by `until`.

    Each of the texts is that of one notification.
    """
    contents = {(str(message["To"]), str(message["Message-ID"])): _words(message) for message in received}
    owed = {mail["id"]: (mail["address"], mail["message_id"]) for mail in rows["mails"]}
    sent = {mail["id"]: owed[mail["id"]] for mail in rows["mails"] if mail["is_sent"] and mail["created_at"] <= until}
    unsent = [
        row["id"]
        for row in rows["notifications"]
        if row["is_mailable"] and row["is_unread"] and row["created_at"] <= until
        if not row["is_emailed"]
    ]
    holding = Counter((address, text) for text in texts for (address, _), words in contents.items() if text in words)
    return Mails(
        sent=len(contents),
        lost=[*unsent, *sorted(set(sent.values()) - contents.keys())],
        again=len(received) - len(contents),
        doubled=[*sorted(contents.keys() - owed.values()), *(key for key, count in holding.items() if count > 1)],
    )


def _words(message: EmailMessage) -> str:
    """Return the text of a message without its line breaks."""
    body = message.get_body(("plain",))
    return " ".join(body.get_content().split()) if body else ""


def vanished(rows: dict[str, Any], crowd: Crowd) -> list[Any]:
    """Return what was acknowledged and is not in the database as often as it should be."""
    events = {event["id"]: event for event in rows["events"]}
    headlines = Counter(event["headline"] for event in events.values())
    texts = Counter(announcement["text"] for announcement in rows["announcements"])
    subscribed = Counter((event, user) for _, user, event, *_ in rows["subscriptions"])
    return [
        *(headline for headline in crowd.posted if headlines[headline] != 1),
        *(text for text in crowd.sent if texts[text] != 1),
        *(pair for pair in crowd.subscribed if subscribed[pair] != 1),
        *(pk for pk in crowd.cancelled if not events[pk]["is_cancelled"]),
        *(each.pk for each in crowd.located if events[each.pk]["location"] not in each.locations),
    ]


def failures(asked: Iterable[Asked], *, is_read: bool, since: float = 0.0, until: float = 0.0) -> list[Asked]:
    """Return the requests that have failed, by default of the whole run."""
    return [
        each
        for each in asked
        if each.is_read == is_read and each.has_failed and since <= each.asked_at <= (until or each.asked_at)
    ]


def back_after(pages: Sequence[Page], moment: float, before: float = math.inf) -> float | None:
    """Return how many seconds after a moment all sockets were open again, None if it cost nobody a socket.

    All are back once all are open and none of them closes for CALM_SECONDS, except for a reason later than `before`.
    """
    changes = sorted(
        [(at, 1) for page in pages for at in page.opened_at] + [(at, -1) for page in pages for at in page.closed_at]
    )
    count, back = sum(change for at, change in changes if at <= moment), moment
    for at, change in changes:
        if at > moment:
            if count == len(pages) and at > min(back + CALM_SECONDS, before):
                break
            count += change
            back = at
    return None if back == moment else back - moment
