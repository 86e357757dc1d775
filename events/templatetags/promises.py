"""The promise on the page."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template

from events import promises
from events.models import Event

register = template.Library()


@register.simple_tag
def given_promise(event: Event, zone: ZoneInfo | None, at: datetime) -> promises.Promise | None:
    """What the reader of a list was promised for this event, None for who does not follow it."""
    return promises.given_promise(event, at=at, zone=zone)
