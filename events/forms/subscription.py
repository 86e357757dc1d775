"""The form for choosing when to be reminded of an event."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.forms import LeadsForm
from events.local_time import today_in
from events.models import Event
from events.presentation.times import lead_text, near_moment_text
from events.services import planned_reminders
from events.starts import Start


class SubscriptionForm(LeadsForm):
    """Leads for one event, each with the time at which the reminder would be sent.

    Of leads with the same time, which all-day events have, one is offered: one of `leads`, or else the smallest. Times
    are shown in `zone`, or in the event's time zone if it is None. `catch_up` says that the form subscribes, which can
    make up for leads that have passed.
    """

    invite = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        event: Event,
        leads: list[int],
        at: datetime,
        zone: ZoneInfo | None,
        catch_up: bool = True,
        **kwargs: Any,
    ) -> None:
        kwargs["initial"] = {"leads": leads} | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        shown_zone = zone or event.zone
        start, today = Start.of(event), today_in(shown_zone, at)
        choices = []
        for lead in self._offer_distinct(leads, start):
            due_at = planned_reminders(start=start, leads=[lead], at=at, catch_up=catch_up and lead in leads)[lead]
            if due_at is None or due_at <= at:  # making up for it at once is no time to show
                if lead not in leads:
                    continue
                due_at, when = None, _("already passed")
            else:
                when = near_moment_text(due_at.astimezone(shown_zone), today=today)
            name = capfirst(lead_text(lead, all_day=event.all_day))
            label = format_html('{} <span class="moment" data-due="{}">{}</span>', name, due_at or "", when)
            choices.append((lead, label))
        self.fields["leads"].choices = choices  # type: ignore[attr-defined]  # a field with choices

    def _offer_distinct(self, chosen: list[int], start: Start) -> list[int]:
        """Return the leads to offer, in ascending order, without those that fall due at the moment of another one."""
        moments = {start.due_at(lead) for lead in chosen}
        others = [lead for lead in self.offer(chosen) if start.due_at(lead) not in moments]
        return sorted(start.distinct(chosen) + start.distinct(others))
