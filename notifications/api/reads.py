"""`GET /notifications/` as JSON: one statement whose rows become bodies.

`NotificationSerializer` shows the same; a test compares them.
"""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any, cast

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.callers import caller
from accounts.models import User
from accounts.requests import time_of
from config.api.filters import asked_by
from config.api.pagination import AskedPage, Cursor
from config.api.reads import encoded, plain_response
from config.statements import Query, Statement
from notifications.api.filters import NotificationFilter, check_locale, listed_notifications
from notifications.feed.push import NotificationPayload, WordingPayload, payload
from notifications.models import Notification
from notifications.querysets import SHOWN, NotificationQuerySet
from notifications.wording import Locale

# The columns by which lists are ordered, and the types that a cursor has of their values.
BY_TIME = {"created_at": datetime, "id": int}
BY_ID = {"id": int}


def list_notifications(request: Request) -> HttpResponse:
    """Answer with the page of the caller's notifications that the query parameters ask for.

    Raises:
        rest_framework.exceptions.ValidationError
    """
    asked = asked_by(request.query_params, NotificationFilter)
    check_locale(asked)
    ordering = BY_ID if asked["unread"] or asked["after"] is not None else BY_TIME
    page = AskedPage.parse(request.query_params, [*ordering.values()])
    found = _first_rows(page, owner=caller(request).pk, unread=asked["unread"], after=asked["after"])
    shown = page.shown(found, columns=[*ordering], url=request.build_absolute_uri())
    locale = Locale.parse(request.query_params)
    bodies = _worded(shown.rows, locale, at=time_of(request)) if locale else [payload(row) for row in shown.rows]
    return plain_response(encoded({"next": shown.next, "previous": shown.previous, "results": bodies}))


def _worded(rows: Iterable[Any], locale: Locale, *, at: datetime) -> list[NotificationPayload]:
    notifications = [Notification(**row._asdict()) for row in rows]
    return [
        {**payload(each), "wording": cast(WordingPayload, asdict(locale.word(each, at=at)))} for each in notifications
    ]


def _first_rows(page: AskedPage, *, owner: int, unread: bool | str, after: int | None) -> list[Any]:
    """Return the rows of the page and one more, if there are so many."""
    side, values = (page.cursor.side, page.cursor.values) if page.cursor else (None, (None,))
    position: dict[str, Any] = {"side": side, "moment": values[0] if len(values) > 1 else None, "pk": values[-1]}
    if after is None:
        return _INBOX.rows(owner=owner, unread=unread, **position, limit=page.size + 1)
    # Compiled each time, because the queryset computes what the last minute is.
    rows = _inbox(owner=owner, unread=unread, after=after, **position)
    return Statement(rows, SHOWN).rows(limit=page.size + 1)


def _inbox(
    *, owner: int, unread: bool | str, side: str | None, moment: Any, pk: Any, after: int | None = None
) -> NotificationQuerySet:
    inbox = listed_notifications(Notification.objects.owned_by(User(pk=owner)), unread=unread, after=after)
    return Cursor(side, (moment, pk) if moment else (pk,)).beyond(inbox) if side else inbox


_INBOX = Query(
    _inbox,
    columns=SHOWN,
    parameters={
        "owner": User._meta.pk,
        "moment": Notification._meta.get_field("created_at"),
        "pk": Notification._meta.pk,
    },
)
