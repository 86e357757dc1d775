"""The form that asks from which day on subscribers are to be removed."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.local_time import day_start, today_in

FIRST_DAY = date(2000, 1, 1)


class SinceForm(forms.Form):
    """Ask for today or an earlier day in the reader's time zone. The day is optional when the invite is renewed."""

    since = forms.DateField(
        label=gettext_lazy("Subscribed since"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": FIRST_DAY.isoformat()}),
        validators=[MinValueValidator(FIRST_DAY)],
    )

    def __init__(self, *args: Any, zone: ZoneInfo, at: datetime, required: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._zone, self._today = zone, today_in(zone, at)
        field = self.fields["since"]
        field.required = field.widget.is_required = required
        field.widget.attrs["max"] = self._today.isoformat()

    def clean_since(self) -> date | None:
        since: date | None = self.cleaned_data["since"]
        if since and since > self._today:
            raise ValidationError(_("This date is in the future."))
        return since

    def moment(self) -> datetime:
        """Return the instant at which the day begins. The form must be valid."""
        return day_start(self.cleaned_data["since"], self._zone)
