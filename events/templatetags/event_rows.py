"""Rows of lists of events."""

from collections.abc import Iterable
from datetime import date

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString

from config.web.fragments import render_fragment
from events.models import Event
from events.presentation.promises import given_promise
from events.presentation.shown import EventSnapshot, Reader, ShownEvent

register = template.Library()


@register.simple_tag(takes_context=True)
def event_rows(context: Context, events: Iterable[Event], day: date | None) -> SafeString:
    """Show events of a list below the heading of `day`. All of the list's events are the reader's if `mine` is set.

    They must have been read `for_list` and `with_leads_of` the reader.
    """
    request, mine = context["request"], bool(context.get("mine"))
    at, zone, user_id = request.at(), request.zone(), request.user.pk
    reader = Reader.of(zone, at=at)
    rows = []
    for event in events:
        shown = ShownEvent(EventSnapshot.of(event, at=at), reader, event.author_id == user_id, day)
        promise = given_promise(event, at=at, zone=zone)
        rows.append(render_fragment("events/_row.html", {"shown": shown, "promise": promise, "mine": mine}))
    return SafeString("".join(rows))
