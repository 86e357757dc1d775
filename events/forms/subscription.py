"""The form for choosing when to be reminded of an event."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.forms import LeadsForm, offered_leads, sent_leads
from accounts.zones import zone_of
from events.local_time import today_in
from events.models import Event
from events.presentation.times import lead_text, near_moment_text
from events.services import planned_reminders
from events.starts import Start


@dataclass(frozen=True)
class Offer:
    """The leads that a form offers for an event.

    Each of `leads` comes with the time at which the reminder would be sent, or with None if that has passed. They are
    shown in the time zone `time_zone`, where it is `today`. `ticked` are the leads that the form begins with.
    """

    leads: tuple[tuple[int, datetime | None], ...]
    ticked: tuple[int, ...]
    all_day: bool
    time_zone: str
    today: date
    invite: str

    @classmethod
    def of(
        cls,
        event: Event,
        *,
        leads: list[int],
        at: datetime,
        zone: ZoneInfo | None,
        catch_up: bool = True,
        data: QueryDict | None = None,
        invite: str = "",
    ) -> "Offer":
        """Offer the presets, and `leads` or, if a form was sent, what it ticks and adds.

        Of leads with the same time, which all-day events have, one is offered: a chosen one, or else the smallest.
        Times are shown in `zone`, or in the event's time zone if it is None. `catch_up` says that the form subscribes,
        which can make up for leads that have passed.
        """
        shown_zone = zone or event.zone
        chosen = leads if data is None else sent_leads(data)
        offered = _timed(offered_leads(leads, data), chosen, Start.of(event), at=at, catch_up=catch_up)
        today = today_in(shown_zone, at)
        return cls(tuple(offered), tuple(leads), event.all_day, shown_zone.key, today, invite)

    @property
    def form(self) -> "SubscriptionForm":
        """The form that makes this offer, as it is before it is sent."""
        return SubscriptionForm(offer=self)

    @property
    def choices(self) -> list[tuple[int, SafeString]]:
        return [(lead, self._label(lead, due_at)) for lead, due_at in self.leads]

    def _label(self, lead: int, due_at: datetime | None) -> SafeString:
        name = capfirst(lead_text(lead, all_day=self.all_day))
        when = _("already passed")
        if due_at:
            when = near_moment_text(due_at.astimezone(zone_of(self.time_zone)), today=self.today)
        return format_html('{} <span class="moment">{}</span>', name, when)


def _timed(
    offered: list[int], chosen: list[int], start: Start, *, at: datetime, catch_up: bool
) -> Iterator[tuple[int, datetime | None]]:
    """Yield the leads to offer with their times. Those that have passed are left out, unless they are chosen."""
    for lead in _distinct(offered, chosen, start):
        due_at = planned_reminders(start=start, leads=[lead], at=at, catch_up=catch_up and lead in chosen)[lead]
        if due_at is not None and due_at > at:
            yield lead, due_at
        elif lead in chosen:  # making up for it at once is no time to show
            yield lead, None


def _distinct(offered: Iterable[int], chosen: list[int], start: Start) -> list[int]:
    """Return the leads to offer, in ascending order, without those that fall due at the moment of another one."""
    moments = {start.due_at(lead) for lead in chosen}
    others = [lead for lead in offered if start.due_at(lead) not in moments]
    return sorted(start.distinct(chosen) + start.distinct(others))


class SubscriptionForm(LeadsForm):
    """Leads for one event, each with the time at which the reminder would be sent."""

    invite = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, offer: Offer, **kwargs: Any) -> None:
        kwargs["initial"] = {"leads": [*offer.ticked], "invite": offer.invite}
        super().__init__(*args, **kwargs)
        self.fields["leads"].choices = offer.choices  # type: ignore[attr-defined]  # a field with choices
