"""The form for posting and editing an event.

Its times are in the event's own time zone. Refusals appear beside the inputs that cause them. If somebody else has
saved the event meanwhile, their changes are merged into the form.
"""

from datetime import datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import TimeZoneField
from config.errors import Refusal
from config.web.forms import CountedField, LinesField, OneTimeField, RefusalForm
from events.exceptions import EndBeforeStart, NonexistentTime, RevisionMismatch, StartInPast
from events.local_time import (
    all_day_bounds,
    check_showable,
    day_after,
    day_start,
    instant_of,
    next_hour,
    today_in,
    zone_named,
)
from events.models import Event
from events.text_limits import MAX_DESCRIPTION_LENGTH, MAX_HEADLINE_LENGTH, MAX_LOCATION_LENGTH

# The inputs whose changes are announced to the subscribers.
MATERIAL_INPUTS = {"all_day", "start_date", "start_time", "end_date", "end_time", "time_zone", "location"}
# The inputs that contain the start.
START_INPUTS = {"start_date", "start_time", "time_zone"}
# How the line below the times words what is wrong with them.
TROUBLES: dict[type, Any] = {
    StartInPast: gettext_lazy("This start time is in the past."),
    EndBeforeStart: gettext_lazy("The end is before the start."),
    NonexistentTime: gettext_lazy("Clocks go forward at that hour, so this time doesn’t exist there."),
}
# The time on the last day of an all-day event. Any time would do, because the service widens the event to whole days,
# but time zones do not skip noon, because they change their offsets at night.
NOON = time(12)
# What the initial values of a new event lack for computing its times.
NO_END = {"all_day": False, "end_date": None, "end_time": None}


class ShownInput(forms.HiddenInput):
    """A hidden input with the value that a field showed.

    It omits the ARIA attributes with which Django refers to the field's help text, because HTML forbids them on hidden
    inputs.
    """

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        attrs = super().build_attrs(base_attrs, extra_attrs)
        return {name: value for name, value in attrs.items() if not name.startswith("aria-")}


def _date_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": "1900-01-01", "max": "9999-12-30"})


def _time_input() -> forms.TimeInput:
    return forms.TimeInput(format="%H:%M", attrs={"type": "time"})


class EventForm(RefusalForm):
    """What a person enters about an event. Dates and times are in the event's own time zone."""

    refusal_fields = {"starts_at": "start_date", "ends_at": "end_date"}

    headline = CountedField(
        label=gettext_lazy("Title"), max_length=MAX_HEADLINE_LENGTH, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    all_day = forms.BooleanField(label=gettext_lazy("All day"), required=False)
    start_date = forms.DateField(label=gettext_lazy("Start date"), widget=_date_input())
    start_time = forms.TimeField(label=gettext_lazy("Start time"), required=False, widget=_time_input())
    end_date = forms.DateField(
        label=gettext_lazy("End date"),
        required=False,
        widget=_date_input(),
    )
    end_time = forms.TimeField(label=gettext_lazy("End time"), required=False, widget=_time_input())
    time_zone = TimeZoneField(guess=True, help_text=gettext_lazy("The city of the venue or one nearby, e.g. Vienna."))
    location = CountedField(
        label=gettext_lazy("Location"),
        required=False,
        max_length=MAX_LOCATION_LENGTH,
        widget=forms.TextInput(attrs={"dir": "auto"}),
        help_text=gettext_lazy("An address, a room or a video-call link."),
    )
    description = LinesField(
        label=gettext_lazy("Description"),
        required=False,
        max_length=MAX_DESCRIPTION_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        help_text=gettext_lazy(
            "Markdown: **bold**, - lists, [links](https://…). Web addresses turn into links automatically."
        ),
    )
    state = forms.ChoiceField(
        label=gettext_lazy("Visibility"),
        choices=[
            (Event.State.PUBLIC, gettext_lazy("Public: listed for everyone")),
            (Event.State.PRIVATE, gettext_lazy("Private: only people with the link")),
            (Event.State.DRAFT, gettext_lazy("Draft: only you can see it until you publish")),
        ],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": gettext_lazy("An event is public, private or a draft, not “%(value)s”.")},
    )
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
    once = OneTimeField()

    def __init__(self, *args: Any, event: Event | None = None, **kwargs: Any) -> None:
        self.event = event
        initial = initial_of(event) if event else {"state": Event.State.PRIVATE}
        kwargs["initial"] = initial | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        if event:  # not needed, because saving an existing event twice creates nothing
            del self.fields["once"]
        if self.is_bound or "headline" in self.initial:  # somebody has chosen the time zone, even if it is UTC
            del self.fields["time_zone"].widget.attrs["data-guess-zone"]
        for name, field in self.fields.items():
            # The form sends back the values that it showed, so that what somebody else has saved meanwhile is not
            # mistaken for a change by its user.
            is_known = not self.is_bound or self[name].html_initial_name in self.data
            field.hidden_widget = ShownInput
            field.show_hidden_initial = event is not None and is_known and name != "revision"

    @property
    def shown_state(self) -> str:
        """The visibility that the form showed, for a hidden input. Django renders those of the other fields itself."""
        bound = self["state"]
        return str(self.data.get(bound.html_initial_name, bound.initial))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("all_day") and "start_time" in cleaned and cleaned["start_time"] is None:
            self.add_error("start_time", _("Add a start time, or tick “All day”."))
        if not cleaned.get("all_day") and cleaned.get("end_date") and cleaned.get("end_time", "") is None:
            self.add_error("end_time", _("Add an end time, or leave the end date empty."))
        if not self.errors:
            with self.refusals():
                cleaned |= self._instants(cleaned)
        return cleaned

    @staticmethod
    def _instants(cleaned: dict[str, Any]) -> dict[str, datetime | None]:
        """Return `starts_at` and `ends_at` for valid input.

        Raises:
            UnknownTimeZone, NonexistentTime, TimeOutOfRange
        """
        zone = zone_named(cleaned["time_zone"])
        first, last = cleaned["start_date"], cleaned["end_date"]
        if cleaned["all_day"]:
            ends_at = instant_of(datetime.combine(last, NOON), zone, field="ends_at") if last else None
            return {"starts_at": day_start(first, zone), "ends_at": ends_at}
        start, end = cleaned["start_time"], cleaned["end_time"]
        if end and not last:
            last = day_after(first) if end < start else first  # an end time before the start time is on the next day
        return {
            "starts_at": instant_of(datetime.combine(first, start), zone),
            "ends_at": instant_of(datetime.combine(last, end), zone, field="ends_at") if end else None,
        }

    def planned(self) -> Event | None:
        """Return an unsaved event with the times that the inputs contain, or None if they contain no valid times."""
        try:
            return self._planned()
        except (KeyError, Refusal):
            return None

    def written(self) -> Event:
        """Return an unsaved event with what the sent form contains; without times if they are missing or invalid.

        Texts that are too long are cut off. The description is left out, because the page shows it from the form.
        """
        event = self.planned() or Event(starts_at=None)  # type: ignore[misc]  # shown as missing
        limits = {"headline": MAX_HEADLINE_LENGTH, "location": MAX_LOCATION_LENGTH}
        for name, limit in limits.items():
            setattr(event, name, self.cleaned_data.get(name, str(self.data.get(name, "")).strip()[:limit]))
        event.state = self.cleaned_data.get("state", Event.State.PRIVATE)
        return event

    def trouble(self, *, at: datetime) -> str:
        """Return why the event cannot have the times that the inputs contain.

        The text is empty if it can have them, or if an input is missing or invalid.
        """
        return str(TROUBLES.get(type(self._refusal_of_times(at)), ""))

    def refuse_times(self, *, at: datetime) -> None:
        """Show beside the inputs why the event cannot have their times, as saving it would."""
        refusal = self._refusal_of_times(at)
        if refusal and refusal is not self.refusal:
            self.add_refusal(refusal)

    def _refusal_of_times(self, at: datetime) -> Refusal | None:
        try:
            planned = self._planned()
        except KeyError:
            return self.refusal  # whatever refuses a time when the form is validated or saved makes its input invalid
        except Refusal as refusal:
            return refusal
        return StartInPast() if self.is_bound and planned.has_begun(at) and not self._keeps_its_past_start(at) else None

    def _keeps_its_past_start(self, at: datetime) -> bool:
        """Return whether the event has started and the form does not change that, which is allowed."""
        has_begun = self.event is not None and self.event.has_begun(at)
        return has_begun and START_INPUTS.isdisjoint(self.changed_data)

    def _planned(self) -> Event:
        """Return an unsaved event with the times that the inputs contain.

        Raises:
            KeyError: an input is missing or invalid.
            EndBeforeStart, NonexistentTime, TimeOutOfRange, UnknownTimeZone
        """
        if not self.is_bound and self.event:
            return self.event
        given = self.cleaned_data if self.is_bound else {**NO_END, **self.initial}
        instants = self._instants(given)
        event = Event(**instants, all_day=given["all_day"], time_zone=given["time_zone"])
        for name, moment in instants.items():
            if moment:
                check_showable(moment, field=name)
        if event.ends_at and event.ends_at <= event.starts_at:
            raise EndBeforeStart
        if event.all_day:
            event.starts_at, event.ends_at = all_day_bounds(event.starts_at, event.ends_at, event.zone)
        return event

    def facts(self) -> dict[str, Any]:
        """Return the arguments for `create_event`."""
        names = ("headline", "description", "location", "all_day", "time_zone", "state", "starts_at", "ends_at")
        return {name: self.cleaned_data[name] for name in names}

    def changes(self) -> dict[str, Any]:
        """Return the changes for `update_event`. They include a time only if one of its inputs was changed.

        Inputs contain whole minutes and cannot say which occurrence of a repeated hour is meant. Times that were not
        changed must therefore not be computed from them.
        """
        facts, touched = self.facts(), set(self.changed_data)
        if not touched & {"start_date", "start_time", "all_day", "time_zone"}:
            del facts["starts_at"]
        # An end without its own date moves with the start.
        end_stays = "starts_at" not in facts or self.cleaned_data["end_date"]
        if end_stays and not touched & {"end_date", "end_time", "all_day", "time_zone"}:
            del facts["ends_at"]
        return facts

    @property
    def changes_material(self) -> bool:
        """Whether the submitted form changes something that is announced to the event's subscribers."""
        return self.is_bound and not MATERIAL_INPUTS.isdisjoint(self.changed_data)

    def add_refusal(self, refusal: Refusal) -> None:
        super().add_refusal(refusal)
        if isinstance(refusal, RevisionMismatch):
            self._rebase()

    def _rebase(self) -> None:
        """Merge what somebody else has saved meanwhile into the form.

        Inputs that were not changed here get the saved value. Inputs that were changed here keep what was entered. If
        the saved value has changed too, it is shown beside the input, and saving again overwrites it.
        """
        data = cast(QueryDict, self.data).copy()
        written = set(self.changed_data)
        collides = False
        for name in self.fields:
            saved, sent = self[name].initial, _as_sent(self[name].initial)
            if name not in written or name == "revision":
                data[name], self.cleaned_data[name] = sent, saved
            elif self._collides(name):
                collides = True
                shown = _("nothing") if saved in (None, "") else localize(saved)
                self.add_error(name, _("Currently saved: %(value)s") % {"value": shown})
            if self.fields[name].show_hidden_initial:
                data[self[name].html_initial_name] = sent
        self.data = data
        del self.changed_data
        if collides:
            self.add_error(
                None,
                _(
                    "Someone else saved changes in the meantime. What they saved is shown below the fields; saving "
                    "again overwrites it."
                ),
            )
        else:
            self.add_error(None, _("Someone else’s changes have been merged into this form. Check it and save again."))

    def _collides(self, name: str) -> bool:
        """Return whether the saved value is neither what was entered here nor what the form had shown."""
        bound, field = self[name], self.fields[name]
        is_other = field.has_changed(bound.initial, bound.data)
        if not field.show_hidden_initial:
            return is_other
        return is_other and field.has_changed(bound.initial, self.data[bound.html_initial_name])


def _as_sent(value: Any) -> str:
    """Return a value as a browser would send it."""
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return "on" if value is True else "" if value in (None, False) else str(value)


def initial_of(event: Event) -> dict[str, Any]:
    """Return the form's initial values for an event."""
    end = event.local_ends_at
    last_day = event.last_day if event.all_day or not end else end.date()
    return {
        "headline": event.headline,
        "description": event.description,
        "location": event.location,
        "time_zone": event.time_zone,
        "state": event.state,
        "all_day": event.all_day,
        "revision": event.revision,
        "start_date": event.first_day,
        "start_time": None if event.all_day else _minute(event.local_starts_at),
        "end_date": last_day if last_day != event.first_day else None,
        "end_time": _minute(end) if end and not event.all_day else None,
    }


def soon(zone: ZoneInfo, *, at: datetime) -> dict[str, Any]:
    """Return the initial times of a new event: it starts at the next full hour in this time zone."""
    hour = next_hour(at, zone)
    return {"time_zone": zone.key, "start_date": hour.date(), "start_time": hour.time()}


def copy_of(event: Event, *, at: datetime) -> dict[str, Any]:
    """Return the initial values for a copy of the event.

    The copy is on the same weekday at the same time, at least one week later, and on a later day than `at`.
    """
    initial = initial_of(event)
    behind = (today_in(event.zone, at) - event.first_day).days
    later = timedelta(weeks=max(1, behind // 7 + 1))
    del initial["revision"]
    for name in ("start_date", "end_date"):
        initial[name] = initial[name] and initial[name] + later
    return initial


def _minute(moment: datetime) -> time:
    return moment.time().replace(second=0, microsecond=0)
