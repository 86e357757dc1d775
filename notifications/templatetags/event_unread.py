"""What is new about an event, for its page."""

from typing import Any

from django import template

from accounts.models import User
from events.models import Event
from notifications.inbox.event_unread import EventUnread, unread_about

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_of(context: Any, event: Event) -> EventUnread | None:
    """Return what is new about the event to the reader, or None if they have not logged in. One query at most."""
    request = context["request"]
    return unread_about(event, request.user, at=request.at()) if isinstance(request.user, User) else None
