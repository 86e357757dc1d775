"""The promise on the page."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from events.models import Event
from events.presentation import promises
from events.templatetags.clocks import instant

register = template.Library()


@register.simple_tag
def given_promise(event: Event, zone: ZoneInfo | None, at: datetime) -> promises.Promise | None:
    """What the reader of a list was promised for this event, None for who does not follow it."""
    return promises.given_promise(event, at=at, zone=zone)


@register.filter
def moments(promise: promises.Promise) -> SafeString:
    """The promise's moments in one line: "Fri 4 Dec 18:00, Sat 5 Dec 17:00 and Sat 5 Dec 17:30"."""
    shown = [
        format_html('<strong><time datetime="{}">{}</time></strong>', instant(moment), text)
        for moment, text in promise.moment_texts
    ]
    line = shown[0]
    for index, each in enumerate(shown[1:], start=2):
        joined = pgettext("list", "{} and {}") if index == len(shown) else pgettext("list", "{}, {}")
        line = format_html(joined, line, each)
    return line
