"""The form for choosing when to be reminded of an event."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.forms import LeadsForm
from accounts.leads import lead_choice
from events.local_time import today_in
from events.models import Event
from events.presentation.times import near_moment_text
from events.services import planned_reminders
from events.starts import Start


class SubscriptionForm(LeadsForm):
    """Leads for one event, each with the time at which the reminder would be sent.

    Times are shown in `zone`, or in the event's time zone if it is None.
    """

    invite = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, event: Event, leads: list[int], at: datetime, zone: ZoneInfo | None, **kwargs: Any
    ) -> None:
        kwargs["initial"] = {"leads": leads} | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        shown_zone = zone or event.zone
        today = today_in(shown_zone, at)
        choices = []
        for lead in self.offer(leads):
            due_at = planned_reminders(start=Start.of(event), leads=[lead], at=at, catch_up=False)[lead]
            if due_at or lead in leads:
                when = near_moment_text(due_at.astimezone(shown_zone), today=today) if due_at else _("already passed")
                label = format_html(
                    '{} <span class="moment" data-due="{}">{}</span>', lead_choice(lead), due_at or "", when
                )
                choices.append((lead, label))
        self.fields["leads"].choices = choices  # type: ignore[attr-defined]  # a field with choices
