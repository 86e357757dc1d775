"""Rows of the inbox."""

from collections.abc import Iterable, Mapping
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

    Moments have their time zones in their texts. `unread_ids`, `earlier_count` and `earlier_unread` are also about the
    earlier notifications that are folded into it.
    """

    pk: int
    key: str
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
    # Separated by commas.
    unread_ids: str
    unread_count: int
    earlier_count: int
    earlier_unread: int
    # The event all of whose notifications another page shows, if this one folds only some of them.
    more_of_event: int | None

    @classmethod
    def of(cls, entry: InboxEntry) -> "ShownEntry":
        notification = entry.notification
        return cls(
            notification.pk,
            entry.key,
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
            ",".join(map(str, entry.unread_ids)),
            len(entry.unread_ids),
            len(entry.earlier),
            sum(each.is_unread for each in entry.earlier),
            notification.event_id if entry.has_more_earlier else None,
        )

    @property
    def can_become_unread(self) -> bool:
        return not self.unread_ids and not self.is_superseded


@register.simple_tag(takes_context=True)
def inbox_rows(context: Context, entries: Iterable[InboxEntry]) -> SafeString:
    """Show entries of the inbox, each with the earlier notifications that are folded into it."""
    fillings = {
        "csrf_token": conditional_escape(context["csrf_token"]),
        "page_url": conditional_escape(context["request"].get_full_path()),
    }
    return SafeString("".join(_row("notifications/_entry.html", entry, fillings) for entry in entries))


def _row(template_name: str, entry: InboxEntry, fillings: Mapping[str, str]) -> SafeString:
    earlier = "".join(_row("notifications/_earlier.html", each, fillings) for each in entry.earlier)
    own = {"sentence": entry.wording.sentence, "earlier": SafeString(earlier)}
    return render_fragment(template_name, {"entry": ShownEntry.of(entry)}, {**fillings, **own})
