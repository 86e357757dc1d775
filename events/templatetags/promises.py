"""Promises on pages: when subscribers will be reminded."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from events.presentation.promises import Promise
from events.templatetags.times import instant

register = template.Library()


@register.filter
def moments(promise: Promise) -> SafeString:
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
