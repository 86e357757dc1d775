"""Rows of the inbox."""

from collections.abc import Iterable
from typing import NamedTuple

from django import template
from django.template.context import Context
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from config.web.fragments import render_fragment
from events.templatetags.times import instant
from notifications.inbox.pages import InboxEntry

register = template.Library()


class ShownEntry(NamedTuple):
    """What a row shows of a notification, except for its sentence, which says how far away the start is.

    Moments have their time zones in their texts.
    """

    pk: int
    kind: str
    icon: str
    headline: str
    is_unread: bool
    is_superseded: bool
    is_test: bool
    received_at: str
    received_text: str
    event_id: int | None
    own_time: str
    quote: str
    location: str
    join_url: str
    trail: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, entry: InboxEntry) -> "ShownEntry":
        notification = entry.notification
        return cls(
            notification.pk,
            notification.kind,
            entry.icon,
            notification.headline,
            entry.is_unread,
            entry.is_superseded,
            notification.is_test,
            instant(entry.received_at),
            entry.received_text,
            entry.event.pk if entry.event else None,
            entry.wording.own_time,
            entry.wording.quote,
            notification.unmentioned_location,
            entry.join_url,
            tuple((instant(moment), text) for moment, text in entry.trail),
        )


@register.simple_tag(takes_context=True)
def inbox_rows(context: Context, entries: Iterable[InboxEntry]) -> SafeString:
    """Show notifications of the inbox."""
    fillings = {
        "csrf_token": conditional_escape(context["csrf_token"]),
        "page_url": conditional_escape(context["request"].get_full_path()),
    }
    rows = (
        render_fragment(
            "notifications/_entry.html",
            {"entry": ShownEntry.of(entry)},
            {**fillings, "sentence": entry.wording.sentence},
        )
        for entry in entries
    )
    return SafeString("".join(rows))
