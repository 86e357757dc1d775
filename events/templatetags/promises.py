"""Promises on pages: when subscribers will be reminded."""

from django import template
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from events.models import Event
from events.presentation import promises
from events.templatetags.times import instant

register = template.Library()


@register.simple_tag(takes_context=True)
def given_promise(context: Context, event: Event) -> promises.Promise | None:
    """Return the promise given to the reader of a list for this event; None if they are not subscribed."""
    request = context["request"]
    return promises.given_promise(event, at=request.at(), zone=request.zone())


@register.filter
def moments(promise: promises.Promise) -> SafeString:
    """Return the promise's moments in one line: "today 18:00, Sat 5 Dec 17:00 and Sat 5 Dec 17:30 Rome time"."""
    shown = [
        format_html('<strong><time datetime="{}">{}</time></strong>', instant(moment), text)
        for moment, text in promise.moment_texts
    ]
    line = shown[0]
    for index, each in enumerate(shown[1:], start=2):
        joined = pgettext("list", "{} and {}") if index == len(shown) else pgettext("list", "{}, {}")
        line = format_html(joined, line, each)
    return format_html('{} <span class="zone">{}</span>', line, promise.zone) if promise.zone else line
