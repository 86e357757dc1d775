"""Pages of the inbox, the newest notifications first, grouped by day in the reader's time zone.

Paging is by keyset on (created_at, id).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.zones import zone_of
from config.keyset import Position, beyond
from config.statements import ModelQuery
from events.local_time import today_in
from events.presentation.times import day_text, moment_text, time_text
from notifications.inbox.entries import Entry, entries_of
from notifications.models import Notification
from notifications.querysets import OVERLAP, SHOWN, NotificationQuerySet

PAGE_SIZE = 30
# How many the bell's panel shows.
LATEST_SIZE = 6
# What pages show of a notification.
FIELDS = (*SHOWN, "emailed_at")
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
# The subjects by which people can filter the inbox, each with its kinds of notification.
SUBJECTS: dict[str, tuple[str, ...]] = {
    "reminders": (Notification.Kind.REMINDER,),
    "changes": (Notification.Kind.RESCHEDULED, Notification.Kind.RELOCATED, Notification.Kind.CANCELLED),
    "messages": (Notification.Kind.MESSAGE,),
}


@dataclass(frozen=True)
class InboxQuery:
    """The filters and the position in the query string of a URL."""

    before: Position | None = None
    is_unread: bool = False
    # One of SUBJECTS, or empty for all.
    about: str = ""

    @classmethod
    def parse(cls, params: Mapping[str, str]) -> "InboxQuery":
        """Read the parameters `before unread about`.

        Raises:
            ValueError: the position or the subject is invalid.
        """
        before, about = params.get("before"), params.get("about", "")
        if about and about not in SUBJECTS:
            raise ValueError(about)
        return cls(Position.parse(before) if before else None, params.get("unread", "") not in {"", "0"}, about)


@dataclass(frozen=True)
class InboxEntry(Entry):
    """One row of the inbox."""

    received_at: datetime  # in the reader's time zone
    # What has happened to it since, in the reader's time zone: "Emailed 18:10", "Read Sat 5 Dec 09:12",
    # "Out of date since 18:20".
    trail: list[tuple[datetime, str]]

    @property
    def icon(self) -> str:
        return ICONS[self.notification.kind]

    @property
    def received_text(self) -> str:
        """The time of day. It is formatted here, because a template's filter would use the server's time zone."""
        return time_text(self.received_at)


@dataclass(frozen=True)
class InboxDay:
    """One day in the reader's time zone, with its rows. The heading is "Today", or a date such as "Fri 4 Dec"."""

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
    """Return one page of the user's inbox. Two queries."""
    found = _rows(user, query, at=at, limit=PAGE_SIZE + 1)
    return _page(found[:PAGE_SIZE], user, query, at=at, has_more=len(found) > PAGE_SIZE)


def latest_page(user: User, *, at: datetime) -> InboxPage:
    """Return the user's latest notifications, at most LATEST_SIZE. Two queries."""
    query = InboxQuery()
    return _page(_rows(user, query, at=at, limit=LATEST_SIZE), user, query, at=at, has_more=False)


def _rows(user: User, query: InboxQuery, *, at: datetime, limit: int) -> list[Notification]:
    """Return the first of the notifications that the query asks for. One query."""
    moment, pk = query.before.values if query.before else (None, None)
    return _INBOX.models(
        owner=user.pk,
        settled_before=at - OVERLAP,
        is_unread=query.is_unread,
        about=query.about,
        moment=moment,
        pk=pk,
        limit=limit,
    )


def _inbox(
    *, owner: int, settled_before: datetime, is_unread: bool, about: str, moment: datetime | None, pk: int | None
) -> NotificationQuerySet:
    user = User(pk=owner)
    rows = Notification.objects.owned_by(user).latest_first()
    if is_unread:
        rows = rows.unread()
    if about:
        rows = rows.filter(kind__in=SUBJECTS[about])
    if moment:
        rows = beyond(rows, (moment, pk))
    return rows.with_settled_id(user, settled_before + OVERLAP).with_currency()


_INBOX = ModelQuery(
    Notification,
    _inbox,
    fields=FIELDS,
    annotations=["settled_id", "is_current"],
    parameters={
        "owner": User._meta.pk,
        "settled_before": Notification._meta.get_field("created_at"),
        "moment": Notification._meta.get_field("created_at"),
        "pk": Notification._meta.pk,
    },
)


def _page(shown: list[Notification], user: User, query: InboxQuery, *, at: datetime, has_more: bool) -> InboxPage:
    settled_id = (shown[0].settled_id or 0) if shown else 0  # type: ignore[attr-defined]  # an annotation
    days = _days(shown, user, at=at)
    return InboxPage(
        query=query,
        days=days,
        older=Position(shown[-1].created_at, shown[-1].pk) if has_more else None,
        settled_id=settled_id,
        recent_ids=[
            entry.notification.pk
            for day in days
            for entry in day.entries
            if entry.is_unread and entry.notification.pk > settled_id
        ],
    )


def _days(notifications: list[Notification], user: User, *, at: datetime) -> list[InboxDay]:
    zone = zone_of(user.time_zone)
    today = today_in(zone, at)

    def dated(entry: Entry) -> InboxEntry:
        received_at = entry.notification.created_at.astimezone(zone)
        trail = _trail(entry.notification, received_at, today=today)
        return InboxEntry(entry.notification, entry.wording, entry.event, entry.join_url, received_at, trail)

    entries = map(dated, entries_of(notifications, user, at=at))
    return [
        InboxDay(day, _heading(day, today=today), list(group))
        for day, group in groupby(entries, key=lambda each: each.received_at.date())
    ]


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
