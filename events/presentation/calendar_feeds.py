"""Calendar feeds: the events to which calendar programs subscribe, as files.

A feed has events that start between 30 days ago and a year ahead, and earlier ones that have not ended. The days are
those of UTC, so a feed changes only when its events do, and at midnight. If there are more than MAX_EVENTS, or if they
are larger than MAX_BYTES, it lacks past ones first, the earliest ones, and then those that are furthest ahead.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from itertools import accumulate
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.zones import RULES_VERSION
from config.statements import Part, Query, Statement, rows_of_all
from events.calendars.writer import FACTS, event_text, write_feed
from events.models import Event
from events.querysets import EventQuerySet
from events.text_limits import UNPRINTABLE

BACK, AHEAD = timedelta(days=30), timedelta(days=366)
MAX_EVENTS, MAX_BYTES = 1_000, 1_000_000
# Raise this when other bytes are written for the same events, so that programs get them.
FORMAT = 1

# What is needed to write events, and what is needed to know whether they are still the same.
WRITTEN = (*FACTS, "organiser", "description_length", "short_description")
VERSION = ("id", "revision", "organiser")


@dataclass(frozen=True)
class FeedFile:
    """A feed as a file, and its ETag, which is strong."""

    etag: str
    content: bytes


@dataclass(frozen=True)
class Feed:
    """A calendar feed as it is on one day, which begins at UTC midnight.

    `site` is the URL of the home page, with which the URLs of events begin.
    """

    name: str
    site: str
    day: datetime
    # Return the parts of the query that reads these columns. The events that are most wanted are in the first parts.
    parts: Callable[[Sequence[str], datetime], list[Part]]
    has_alarms: bool = False

    def etag(self) -> str:
        """Return the ETag without writing the file. One query."""
        return self._etag_of(self._rows(VERSION))

    def file(self) -> FeedFile:
        """Return the file, which ends before the first event with which it would exceed MAX_BYTES.

        One query, and another one if long descriptions belong into the file.
        """
        rows = self._rows(WRITTEN)
        rows.sort(key=self._rank)
        return FeedFile(self._etag_of(rows), write_feed(self.name, self._texts_of(rows), max_bytes=MAX_BYTES))

    def _rank(self, row: Any) -> tuple[bool, float, int]:
        """Return by what events are sorted, the most wanted first.

        These are events that had not ended when the day began, the earliest start first, and then past ones, the latest
        start first. It does not depend on what the sweep records, because that has no effect on the ETag.
        """
        is_past, start = (row.ends_at or row.starts_at) < self.day, row.starts_at.timestamp()
        return (True, -start, -row.id) if is_past else (False, start, row.id)

    def _texts_of(self, rows: Sequence[Any]) -> Iterator[bytes]:
        """Yield the events as text, at least those that fit into a file."""
        path, fitting = f"{self.site}events/", _fitting(rows)
        long = _long_descriptions(fitting)
        for row in fitting:
            description = row.short_description
            if description is None:
                description = long.get((row.id, row.state))
            # None if the event has been deleted or hidden since the first query. The ETag is from before that.
            if description is not None:
                yield event_text(
                    row,
                    description=description,
                    organiser=row.organiser,
                    url=f"{path}{row.id}/",
                    leads=self._leads_of(row),
                )

    def _rows(self, columns: Sequence[str]) -> list[Any]:
        """Return the events in any order."""
        parts = self.parts((*columns, "chosen_leads") if self.has_alarms else columns, self.day)
        return rows_of_all(parts, limit_each=MAX_EVENTS, limit=MAX_EVENTS)

    def _etag_of(self, rows: Sequence[Any]) -> str:
        """Return a digest of everything on which the file depends.

        The dates and alarms of all-day events depend on the rules of their time zones, too. Another process may still
        have older ones.
        """
        versions = sorted((row.id, row.revision, row.organiser, self._leads_of(row)) for row in rows)
        content = repr((FORMAT, RULES_VERSION, self.name, self.site, self.day.timestamp(), versions))
        return f'"{sha256(content.encode()).hexdigest()[:32]}"'

    def _leads_of(self, row: Any) -> Sequence[int]:
        return sorted(row.chosen_leads) if self.has_alarms else ()


def _fitting(rows: Sequence[Any]) -> Sequence[Any]:
    """Return the first of these rows, up to the one with whose description a file would exceed MAX_BYTES."""
    sizes = accumulate(row.description_length for row in rows)
    return rows[: next((number for number, size in enumerate(sizes) if size > MAX_BYTES), len(rows))]


def _long_descriptions(rows: Sequence[Any]) -> dict[tuple[int, str], str]:
    """Return those descriptions that the rows lack, by id and state of the events. Those of deleted events are missing.

    They are read by themselves, because a thousand of them are twenty times as large as a feed may be.
    """
    lacking = [row.id for row in rows if row.short_description is None]
    if not lacking:
        return {}
    found = Event.objects.live().filter(pk__among=lacking).values_list("id", "state", "description")
    return {(pk, state): description for pk, state, description in found}


def public_feed(*, site: str, at: datetime, text: str = "", organiser: User | None = None) -> Feed:
    """Return the feed of all public events, or of those that a search finds, or that an organiser has posted.

    Its name is in the language of the site, because many people share it.
    """

    def parts(columns: Sequence[str], day: datetime) -> list[Part]:
        spans = [{"organiser_id": organiser.pk if organiser else None, **span} for span in _spans(day)]
        if text:  # compiled each time, because there are any number of searches
            return [Part(Statement(_public(**span).matching(text), columns)) for span in spans]
        return [_PUBLIC[columns].part(**span) for span in spans]

    names = [settings.SITE_NAME, organiser.username if organiser else "", text]
    name = UNPRINTABLE.sub("", ": ".join(filter(None, names)))
    return Feed(name, site, _day_of(at), parts)


def personal_feed(user: User, *, site: str, at: datetime) -> Feed:
    """Return the feed of what the user has subscribed to and what they have posted, except drafts."""
    return Feed(_personal_name(user), site, _day_of(at), _personal_parts(user))


def personal_feed_with_alarms(user: User, *, site: str, at: datetime) -> Feed:
    """Return `personal_feed` with alarms at the leads that the user has chosen."""
    return Feed(_personal_name(user), site, _day_of(at), _personal_parts(user), has_alarms=True)


def _personal_name(user: User) -> str:
    with translation.override(user.language or settings.LANGUAGE_CODE):
        return _("%(site)s: my calendar") % {"site": settings.SITE_NAME}


def _personal_parts(user: User) -> Callable[[Sequence[str], datetime], list[Part]]:
    def parts(columns: Sequence[str], day: datetime) -> list[Part]:
        queries = _SUBSCRIBED[columns], _OWN[columns]
        return [query.part(user_id=user.pk, **span) for span in _spans(day) for query in queries]

    return parts


def _day_of(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(UTC), time.min, UTC)


def _spans(day: datetime) -> list[dict[str, Any]]:
    """Return between which starts events are read: first those that have not ended, then those that have.

    What has ended has started before tomorrow. This bounds what MariaDB reads.
    """
    return [
        {"has_ended": False, "first": None, "last": day + AHEAD},
        {"has_ended": True, "first": day - BACK, "last": day + timedelta(days=1)},
    ]


def _within(events: EventQuerySet, *, has_ended: bool, first: datetime | None, last: datetime) -> EventQuerySet:
    events = events.with_record_of_end() if has_ended else events.without_record_of_end()
    events = events.with_organiser().with_short_description()
    return events.filter(starts_at__lt=last, **({"starts_at__gte": first} if first else {}))


def _public(*, organiser_id: int | None, **span: Any) -> EventQuerySet:
    events = Event.objects.public()
    return _within(events.owned_by(User(pk=organiser_id)) if organiser_id else events, **span)


def _own(*, user_id: int, **span: Any) -> EventQuerySet:
    user = User(pk=user_id)
    return _within(Event.objects.owned_by(user).exclude(state=Event.State.DRAFT), **span).with_leads_of(user)


def _subscribed(*, user_id: int, **span: Any) -> EventQuerySet:
    user = User(pk=user_id)
    return _within(Event.objects.subscribed_by(user), **span).with_leads_of(user)


def _queries(build: Callable[..., EventQuerySet], columns: Sequence[Sequence[str]]) -> dict[Sequence[str], Query]:
    starts_at, user_id = Event._meta.get_field("starts_at"), User._meta.pk
    parameters = {"first": starts_at, "last": starts_at, "organiser_id": user_id, "user_id": user_id}
    return {each: Query(build, columns=each, parameters=parameters) for each in columns}


_WITH_LEADS = [(*columns, "chosen_leads") for columns in (VERSION, WRITTEN)]
_PUBLIC = _queries(_public, [VERSION, WRITTEN])
_OWN = _queries(_own, [VERSION, WRITTEN, *_WITH_LEADS])
_SUBSCRIBED = _queries(_subscribed, [VERSION, WRITTEN, *_WITH_LEADS])
