"""Pages of the inbox, the newest notifications first, grouped by day in the reader's time zone.

All notifications of one event are one entry: its newest, into which the earlier ones are folded
(notifications.inbox.history). Paging is by keyset on (created_at, id) of the newest, or on its id alone if only unread
ones are shown. If another one arrives, the entry moves to the first page, and older pages no longer contain it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.zones import zone_of
from config.database import read_id
from config.keyset import Position, beyond
from config.statements import ModelQuery
from events.local_time import today_in
from events.models import Event
from events.presentation.times import day_text, moment_text, time_text
from notifications.inbox.entries import Entry, entries_of
from notifications.inbox.history import FIELDS, HISTORY_SIZE, SUBJECTS, earlier_rows, filtered
from notifications.inbox.reading import MAX_READ_IDS
from notifications.models import Notification
from notifications.querysets import OVERLAP, NotificationQuerySet

PAGE_SIZE = 30
# How many the bell's panel shows.
LATEST_SIZE = 6
# What has happened to a notification.
EMAILED, READ = gettext_lazy("Emailed %(when)s"), gettext_lazy("Read %(when)s")
OUT_OF_DATE = gettext_lazy("Out of date since %(when)s")
# Names of https://lucide.dev.
ICONS: dict[str, str] = {
    Notification.Kind.REMINDER: "alarm-clock",
    Notification.Kind.RESCHEDULED: "calendar-clock",
    Notification.Kind.RELOCATED: "map-pin",
    Notification.Kind.CANCELLED: "calendar-x",
    Notification.Kind.MESSAGE: "message-square-text",
}


@dataclass(frozen=True)
class InboxQuery:
    """The filters and the position in the query string of a URL."""

    before: Position | None = None
    is_unread: bool = False
    # One of SUBJECTS, or empty for all.
    about: str = ""
    # The id of the only event whose notifications are shown, each as an entry of its own; 0 for all events.
    event: int = 0

    @classmethod
    def parse(cls, params: Mapping[str, str]) -> "InboxQuery":
        """Read the parameters `before unread about event`.

        Raises:
            ValueError: the position, the subject or the id is invalid.
        """
        before, about, event = params.get("before"), params.get("about", ""), params.get("event")
        if about and about not in SUBJECTS:
            raise ValueError(about)
        return cls(
            before=Position.parse(before) if before else None,
            is_unread=params.get("unread", "") not in {"", "0"},
            about=about,
            event=read_id(event) if event else 0,
        )


@dataclass(frozen=True)
class InboxEntry(Entry):
    """One notification of the inbox, with earlier ones of its event if the page folds them into it."""

    received_at: datetime  # in the reader's time zone
    # When it was received, in words: the time of day, with the day if that is not the one under whose heading it is.
    received_text: str
    # What has happened to it since, in the reader's time zone: "Emailed 18:10", "Read Sat 5 Dec 09:12",
    # "Out of date since 18:20".
    trail: list[tuple[datetime, str]]
    # The newest first, HISTORY_SIZE at most.
    earlier: tuple["InboxEntry", ...] = ()
    has_more_earlier: bool = False
    # Whether it stands for all notifications of its event that the page's filters leave.
    is_of_event: bool = False

    @property
    def icon(self) -> str:
        return ICONS[self.notification.kind]

    @property
    def key(self) -> str:
        """What identifies the entry on its page: it is the same after another notification of its event has arrived."""
        return f"e{self.notification.event_id}" if self.is_of_event else str(self.notification.pk)

    @property
    def unread_ids(self) -> list[int]:
        """The ids of its unread notifications, the newest first."""
        return [each.notification.pk for each in (self, *self.earlier) if each.is_unread]


@dataclass(frozen=True)
class InboxDay:
    """One day in the reader's time zone, with its entries. The heading is "Today", or a date such as "Fri 4 Dec"."""

    date: date
    heading: str
    entries: list[InboxEntry]


@dataclass(frozen=True)
class InboxPage:
    query: InboxQuery
    days: list[InboxDay]
    # The position from which the next older page continues; None on the last page.
    older: Position | None
    # "Mark all as read" marks the rows up to `settled_id` (`<=`; 0 for none), all of which were visible when the page
    # was made, and the rows in `recent_ids`. Those are the unread rows on the page with higher ids. They were written
    # within the last minute, and other rows of that minute may become visible only later.
    settled_id: int
    recent_ids: list[int]

    @property
    def is_first(self) -> bool:
        return self.query.before is None

    @property
    def entries(self) -> list[InboxEntry]:
        return [entry for day in self.days for entry in day.entries]


def inbox_page(user: User, query: InboxQuery, *, at: datetime) -> InboxPage:
    """Return one page of the user's inbox. Three queries, or four if anything is folded."""
    found = _rows(user, query, at=at, limit=PAGE_SIZE + 1)
    shown = found[:PAGE_SIZE]
    earlier = None if query.event else earlier_rows(shown, user, is_unread=query.is_unread, about=query.about)
    return _page(shown, user, query, at=at, has_more=len(found) > PAGE_SIZE, earlier=earlier)


def latest_page(user: User, *, at: datetime) -> InboxPage:
    """Return the user's latest notifications, at most LATEST_SIZE, each as an entry of its own. Two queries."""
    query = InboxQuery()
    rows = _rows(user, query, at=at, limit=LATEST_SIZE, is_folded=False)
    return _page(rows, user, query, at=at, has_more=False)


def _rows(user: User, query: InboxQuery, *, at: datetime, limit: int, is_folded: bool = True) -> list[Notification]:
    """Return the first of the notifications that the query asks for; of each event the newest if it folds. One query.

    It reads those that it folds away, one index entry each.
    """
    moment, pk = query.before.values if query.before else (None, None)
    asked = _OLDER if moment and not query.event else _INBOX
    if query.is_unread and not query.event:
        asked, moment = _UNREAD, None  # in the order of ids
    return asked.models(
        owner=user.pk,
        settled_before=at - OVERLAP,
        is_unread=query.is_unread,
        about=query.about,
        event=query.event,
        is_folded=is_folded and not query.event,
        moment=moment,
        pk=pk,
        limit=limit,
    )


def _inbox(
    *,
    owner: int,
    settled_before: datetime,
    is_unread: bool,
    about: str,
    event: int,
    is_folded: bool,
    moment: datetime | None,
    pk: int | None,
) -> NotificationQuerySet:
    user = User(pk=owner)
    rows = filtered(Notification.objects.owned_by(user), is_unread=is_unread, about=about)
    # The index of what is unread has the order of ids, which is nearly that of time; `_page` corrects it.
    is_by_id = is_unread and not event
    rows = rows.newest_first() if is_by_id else rows.latest_first()
    if event:
        rows = rows.of_event(Event(pk=event))
    if is_folded:
        rows = rows.newest_of_events(
            filtered(Notification.objects.all(), is_unread=is_unread, about=about, is_of_event=True)
        )
    if pk is not None:
        rows = beyond(rows, (pk,) if is_by_id else (moment, pk))
    return rows.with_settled_id(user, settled_before + OVERLAP).with_currency()


_READ: dict[str, Any] = {
    "fields": FIELDS,
    "annotations": ["settled_id", "is_current"],
    "parameters": {
        "owner": User._meta.pk,
        "event": Event._meta.pk,
        "settled_before": Notification._meta.get_field("created_at"),
        "moment": Notification._meta.get_field("created_at"),
        "pk": Notification._meta.pk,
    },
}
_INBOX = ModelQuery(Notification, _inbox, **_READ)
# Without the index, MariaDB would read everything that is newer than the page.
_OLDER = ModelQuery(Notification, _inbox, **_READ, index="notification_recent")
# Without the index, MariaDB may read everybody's, in the order of ids.
_UNREAD = ModelQuery(Notification, _inbox, **_READ, index="notification_current")


def _page(
    shown: Sequence[Notification],
    user: User,
    query: InboxQuery,
    *,
    at: datetime,
    has_more: bool,
    earlier: Mapping[int, Sequence[Notification]] | None = None,
) -> InboxPage:
    """Return the page with these notifications.

    `earlier` has what is folded into some of them, by their ids. It is None if each is an entry of its own.
    """
    settled_id = (shown[0].settled_id or 0) if shown else 0  # type: ignore[attr-defined]  # an annotation
    entries = _entries(shown, earlier or {}, user, at=at)
    today = today_in(zone_of(user.time_zone), at)
    if earlier is not None:
        entries = [replace(each, is_of_event=each.notification.event_id is not None) for each in entries]
    unread_ids = sorted((pk for each in entries for pk in each.unread_ids if pk > settled_id), reverse=True)
    entries.sort(key=lambda each: (each.notification.created_at, each.notification.pk), reverse=True)
    return InboxPage(
        query=query,
        days=[
            InboxDay(day, _heading(day, today=today), list(group))
            for day, group in groupby(entries, key=lambda each: each.received_at.date())
        ],
        older=Position(shown[-1].created_at, shown[-1].pk) if has_more else None,
        settled_id=settled_id,
        recent_ids=unread_ids[:MAX_READ_IDS],
    )


def _entries(
    shown: Sequence[Notification], earlier: Mapping[int, Sequence[Notification]], user: User, *, at: datetime
) -> list[InboxEntry]:
    """Return the entries of these notifications, with what is folded into them. One query."""
    zone = zone_of(user.time_zone)
    today = today_in(zone, at)

    def dated(entry: Entry, heading: date | None = None) -> InboxEntry:
        received_at = entry.notification.created_at.astimezone(zone)
        is_same_day = received_at.date() == (heading or received_at.date())
        return InboxEntry(
            entry.notification,
            entry.wording,
            entry.event,
            entry.join_url,
            received_at,
            # Formatted here, because a template's filter would use the server's time zone.
            time_text(received_at) if is_same_day else moment_text(received_at, today=today),
            _trail(entry.notification, received_at, today=today),
        )

    rows = [*shown, *(row for rows in earlier.values() for row in rows)]
    entries = {each.notification.pk: each for each in entries_of(rows, user, at=at)}
    blocks = []
    for row in shown:
        newest, folded = dated(entries[row.pk]), earlier.get(row.pk, ())
        history = [dated(entries[each.pk], newest.received_at.date()) for each in folded[:HISTORY_SIZE]]
        blocks.append(replace(newest, earlier=tuple(history), has_more_earlier=len(folded) > HISTORY_SIZE))
    return blocks


def _trail(notification: Notification, received_at: datetime, *, today: date) -> list[tuple[datetime, str]]:
    marks = [(notification.emailed_at, EMAILED), (notification.read_at, READ)]
    if notification.is_withdrawn:
        marks.append((notification.superseded_at, OUT_OF_DATE))
    trail = []
    for moment, text in marks:
        if moment:
            local = moment.astimezone(received_at.tzinfo)
            is_same_day = local.date() == received_at.date()
            trail.append((local, text % {"when": time_text(local) if is_same_day else moment_text(local, today=today)}))
    return trail


def _heading(day: date, *, today: date) -> str:
    near = {today: _("Today"), today - timedelta(days=1): _("Yesterday")}
    return near.get(day) or day_text(day, today=today)
