"""Versions of the pages that visitors see: what the database says about everything that they show.

`config/web/stored_pages.py` compares them. A version may contain more than its page shows, but never less.
"""

from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser

from events.models import Event
from events.presentation.month import month_rows
from events.presentation.rail import BrowsingQuery, rail_rows
from events.querysets import EventQuerySet

# What rows of lists show.
COLUMNS = (
    "starts_at",
    "over_at",
    "id",
    "revision",
    "updated_at",
    "headline",
    "location",
    "ends_at",
    "all_day",
    "time_zone",
    "state",
    "cancelled_at",
    "subscriber_count",
    "author_id",
    "author__username",
    "author__is_active",
)
VISITOR = AnonymousUser()


def event_version(pk: int, *, at: datetime) -> Any:
    """Return the version of an event's own page. One query.

    It is None if visitors do not see the event without an invite, and if it is cancelled: then its page also shows the
    reason, which is another row.
    """
    events = Event.objects.visible_to(VISITOR).filter(pk=pk, cancelled_at=None)
    row = events.values_list(*COLUMNS, "description").first()
    return (row, *_phase(row, at)) if row else None


def rail_version(events: EventQuerySet, query: BrowsingQuery, *, at: datetime) -> Any:
    """Return the version of a rail page of these events; None for searches, of which there are any number. One query.

    It says nothing about the strip.
    """
    if query.text:
        return None
    rows, has_more = rail_rows(_values(events), query, at=at, zone=None)
    return rows, has_more, [_phase(row, at) for row in rows]


def month_version(events: EventQuerySet, query: BrowsingQuery, *, first: date) -> Any:
    """Return the version of the page of a month; None for searches. One query."""
    return None if query.text else month_rows(_values(events), query, first=first)


def _values(events: EventQuerySet) -> Any:
    return events.with_is_subscribed(VISITOR).values_list(*COLUMNS)


def _phase(row: Any, at: datetime) -> tuple[bool, bool]:
    """Return whether the event has started and whether it has ended."""
    starts_at, over_at, *_ = row
    return starts_at <= at, over_at <= at
