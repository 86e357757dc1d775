"""`GET /events/` and `GET /events/{id}/` as JSON: one statement whose rows become bodies.

`EventSerializer` shows the same; a test compares them.
"""

from datetime import datetime
from functools import cache
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpResponse
from django.urls import reverse
from rest_framework.request import Request

from accounts.models import User
from accounts.requests import time_of
from config.api.filters import asked_by
from config.api.pagination import AskedPage, Cursor
from config.api.reads import encoded, plain_response
from config.statements import Query, Statement
from events.api.filters import EventFilter, listed_events
from events.api.preconditions import etag
from events.models import Event
from events.querysets import TOKEN_FORM, EventQuerySet

COLUMNS = (
    "id",
    "headline",
    "description",
    "starts_at",
    "ends_at",
    "all_day",
    "time_zone",
    "location",
    "state",
    "cancelled_at",
    "notified_at",
    "author_id",
    "organiser",
    "subscriber_count",
    "is_subscribed",
    "revision",
    "created_at",
    "updated_at",
    "invite_token",
)
# The columns by which lists are ordered, and the types that a cursor has of their values.
ORDERING = {"starts_at": datetime, "id": int}


def show_event(request: Request, pk: int) -> HttpResponse:
    """Answer with an event and its ETag.

    Raises:
        Http404: there is no such event, or the reader may not see it.
    """
    invite = request.query_params.get("invite", "")
    usable_invite = invite if TOKEN_FORM.fullmatch(invite) else ""
    rows = _EVENT.rows(pk=pk, reader=request.user.pk, invite=usable_invite, limit=1)
    if not rows:
        raise Http404
    content = encoded(_Bodies(request).of(rows[0]))
    return plain_response(content, ETag=etag(rows[0].revision, content))


def list_events(request: Request) -> HttpResponse:
    """Answer with the page of events that the query parameters ask for.

    Raises:
        rest_framework.exceptions.ValidationError
    """
    asked = asked_by(request.query_params, EventFilter)
    page = AskedPage.parse(request.query_params, [*ORDERING.values()])
    side, (moment, pk) = (page.cursor.side, page.cursor.values) if page.cursor else (None, (None, None))
    values = {"reader": request.user.pk, "at": time_of(request), "side": side, "moment": moment, "pk": pk, **asked}
    if asked["q"]:  # compiled each time, because there are any number of searches
        found = Statement(_events(**values), COLUMNS).rows(limit=page.size + 1)
    else:
        found = _EVENTS.rows(**values, limit=page.size + 1)
    shown = page.shown(found, columns=[*ORDERING], url=request.build_absolute_uri())
    bodies = _Bodies(request)
    return plain_response(
        encoded({"next": shown.next, "previous": shown.previous, "results": [bodies.of(row) for row in shown.rows]})
    )


class _Bodies:
    """The JSON of events for the reader who has sent the request."""

    def __init__(self, request: Request) -> None:
        self._reader = request.user.pk
        self._site = request.build_absolute_uri("/").removesuffix("/")

    def of(self, event: Any) -> dict[str, Any]:
        body = {
            "id": event.id,
            "url": f"{self._site}{_path('api:event-detail')}{event.id}/",
            "headline": event.headline,
            "description": event.description,
            "starts_at": event.starts_at,
            "ends_at": event.ends_at,
            "all_day": event.all_day,
            "time_zone": event.time_zone,
            "location": event.location,
            "state": event.state,
            "is_cancelled": event.cancelled_at is not None,
            "has_been_notified": event.notified_at is not None,
            "author": {"id": event.author_id, "username": event.organiser},
            "subscriber_count": event.subscriber_count,
            "is_subscribed": event.is_subscribed,
            "revision": event.revision,
            "created_at": event.created_at,
            "updated_at": event.updated_at,
        }
        if event.author_id == self._reader:
            body["invite_url"] = f"{self._site}{_path('events:detail')}{event.id}/?invite={event.invite_token}"
        return body


@cache
def _path(name: str) -> str:
    """Return what the path of this name has before the id of an event."""
    return reverse(name, args=[0]).removesuffix("0/")


def _visible(reader: User | AnonymousUser, invite: str = "") -> EventQuerySet:
    return Event.objects.visible_to(reader, invite).with_is_subscribed(reader).with_organiser()


def _reader(pk: int | None) -> User | AnonymousUser:
    return User(pk=pk) if pk else AnonymousUser()


def _event(*, pk: int, reader: int | None, invite: str) -> EventQuerySet:
    return _visible(_reader(reader), invite).filter(pk=pk)


def _events(*, reader: int | None, at: datetime, side: str | None, moment: Any, pk: Any, **asked: Any) -> EventQuerySet:
    person = _reader(reader)
    events = listed_events(_visible(person), reader=person, at=at, **asked)
    return Cursor(side, (moment, pk)).beyond(events) if side else events


_ID, _STARTS_AT = Event._meta.pk, Event._meta.get_field("starts_at")
_EVENT = Query(
    _event,
    columns=COLUMNS,
    parameters={"pk": _ID, "reader": User._meta.pk, "invite": Event._meta.get_field("invite_token")},
)
_EVENTS = Query(
    _events,
    columns=COLUMNS,
    parameters={
        "reader": User._meta.pk,
        "at": Event._meta.get_field("over_at"),
        "moment": _STARTS_AT,
        "pk": _ID,
        "author": User._meta.get_field("username"),
        "starts_after": _STARTS_AT,
        "starts_before": _STARTS_AT,
    },
)
