"""Versions of the pages that visitors see: what the database says about everything that they show.

`config/web/stored_pages.py` compares them. A version may contain more than its page shows, but never less.
"""

from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from config.statements import Query
from events.models import Event
from events.presentation.month import month_rows
from events.presentation.rail import PAGE_SIZE, BrowsingQuery, rail_events
from events.querysets import EventQuerySet

# What rows of lists show.
COLUMNS = (
    "id",
    "revision",
    "headline",
    "location",
    "starts_at",
    "ends_at",
    "over_at",
    "all_day",
    "time_zone",
    "state",
    "cancelled_at",
    "subscriber_count",
    "author_id",
    "organiser",
    "is_organiser_active",
)
VISITOR = AnonymousUser()
UPCOMING, PAST = BrowsingQuery(), BrowsingQuery(is_past=True)


def event_version(pk: int, *, at: datetime) -> Any:
    """Return the version of an event's own page. One query.

    It is None if visitors do not see the event without an invite, and if it is cancelled: then its page also shows the
    reason, which is another row.
    """
    rows = _EVENT.rows(pk=pk, limit=1)
    return (rows[0], _phase(rows[0], at)) if rows else None


def rail_version(query: BrowsingQuery, *, at: datetime, organiser_id: int | None = None) -> Any:
    """Return the version of a page of public events, or of an organiser's; None for searches. One query.

    It says nothing about the strip. There are any number of searches.
    """
    if query.text:
        return None
    if query in (UPCOMING, PAST):
        rows = _RAIL.rows(at=at, is_past=query.is_past, organiser_id=organiser_id, limit=PAGE_SIZE + 1)
    else:
        events = rail_events(_listed(organiser_id), query, at=at, zone=None)
        rows = list(events.values_list(*COLUMNS, named=True)[: PAGE_SIZE + 1])
    return rows, [_phase(row, at) for row in rows]


def month_version(query: BrowsingQuery, *, first: date) -> Any:
    """Return the version of the page of a month; None for searches. As many queries as for the page."""
    rows: Any = _listed(None).values_list(*COLUMNS)
    return None if query.text else month_rows(rows, query, first=first)


def _phase(row: Any, at: datetime) -> tuple[bool, bool]:
    """Return whether the event has started and whether it has ended."""
    return row.starts_at <= at, row.over_at <= at


def _event(*, pk: int) -> EventQuerySet:
    return Event.objects.visible_to(VISITOR).filter(pk=pk, cancelled_at=None).with_organiser()


def _listed(organiser_id: int | None) -> EventQuerySet:
    events = Event.objects.listed().with_is_subscribed(VISITOR).with_organiser()
    return events.owned_by(User(pk=organiser_id)) if organiser_id else events


def _first_page(*, at: datetime, is_past: bool, organiser_id: int | None) -> EventQuerySet:
    return rail_events(_listed(organiser_id), PAST if is_past else UPCOMING, at=at, zone=None)


_EVENT = Query(_event, columns=(*COLUMNS, "description"), parameters={"pk": Event._meta.pk})
_RAIL = Query(
    _first_page,
    columns=COLUMNS,
    parameters={"at": Event._meta.get_field("starts_at"), "organiser_id": User._meta.pk},
)
