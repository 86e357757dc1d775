"""Rows of lists of events."""

from collections.abc import Iterable
from datetime import date

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString

from config.web.fragments import render_fragment
from events.models import Event
from events.presentation.promises import given_promise
from events.presentation.shown import EventSnapshot, Reader, ShownEvent, undo_tag

register = template.Library()


@register.simple_tag(takes_context=True)
def event_rows(context: Context, events: Iterable[Event], day: date | None) -> SafeString:
    """Show events of a list below the heading of `day`.

    All of the list's events are the reader's if `mine` is set, and the reader is subscribed to all of them if
    `subscribed` is. They must have been read `for_list` and `with_leads_of` the reader. If a message says that the
    reader has just subscribed on a row, the row offers to undo it.
    """
    request = context["request"]
    at, zone, user_id = request.at(), request.zone(), request.user.pk
    reader = Reader.of(zone, at=at)
    mine, implied = bool(context.get("mine")), bool(context.get("subscribed"))
    undoable = {message.extra_tags for message in context.get("messages") or ()} if user_id else set()
    # Pages of visitors contain no token.
    fillings = {"csrf_token": context.get("csrf_token"), "page_url": request.get_full_path()} if user_id else {}
    rows = []
    for event in events:
        is_own, is_subscribed = event.author_id == user_id, event.is_subscribed  # type: ignore[attr-defined]  # annotation
        values = {
            "shown": ShownEvent(EventSnapshot.of(event, at=at), reader, is_own, day),
            "promise": given_promise(event, at=at, zone=zone),
            "mine": mine,
            "implied": implied,
            "undo": is_subscribed and undo_tag(event) in undoable,
            "offer": bool(user_id) and not (is_own or is_subscribed or event.is_cancelled or event.is_over(at)),
        }
        rows.append(render_fragment("events/_row.html", values, fillings))
    return SafeString("".join(rows))
