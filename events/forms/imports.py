"""The form that uploads a calendar file."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.formats import number_format
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from config.errors import Refusal
from config.web.forms import RefusalForm
from events.calendars import too_large
from events.exceptions import InvalidCalendar
from events.models import Event
from events.services import MAX_ITEMS

MEGABYTE = 2**20
MAX_FILE_MEGABYTES = 5
MAX_FILE_BYTES = MAX_FILE_MEGABYTES * MEGABYTE


def file_too_large() -> InvalidCalendar:
    return too_large(MAX_FILE_MEGABYTES)


class ImportForm(RefusalForm):
    """Ask for a calendar file, and for the visibility of the events that it adds."""

    # Refusals that name no input are about the file.
    refusal_fields = {"": "file"}

    file = forms.FileField(
        label=gettext_lazy("Calendar file"),
        widget=forms.FileInput(attrs={"accept": ".ics,.ical,text/calendar", "data-max-bytes": MAX_FILE_BYTES}),
        help_text=format_lazy(
            gettext_lazy("An .ics file of up to {size} MB and {count} entries. Calendar apps save one with “Export”."),
            count=lazy(number_format, str)(MAX_ITEMS, force_grouping=True),
            size=MAX_FILE_MEGABYTES,
        ),
        error_messages={
            "required": gettext_lazy("Choose a calendar file."),
            "empty": gettext_lazy("This file is empty."),
        },
    )
    state = forms.ChoiceField(
        label=gettext_lazy("Visibility of new events"),
        choices=[
            (Event.State.PUBLIC, gettext_lazy("Public: listed for everyone")),
            (Event.State.PRIVATE, gettext_lazy("Private: only people with the link")),
            (Event.State.DRAFT, gettext_lazy("Draft: only you can see it until you publish")),
        ],
        initial=Event.State.PRIVATE,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Events that you imported before keep their visibility."),
        error_messages={"invalid_choice": gettext_lazy("An event is public, private or a draft, not “%(value)s”.")},
    )

    @classmethod
    def refused(cls, refusal: Refusal) -> "ImportForm":
        """Return the form with this refusal, as if it had been sent without any input."""
        unchanged = {"state": str(Event.State.PRIVATE)}
        form = cls(unchanged, empty_permitted=True, use_required_attribute=False)
        form.add_refusal(refusal)
        return form

    @property
    def too_large(self) -> str:
        """What a script says about a file that is too large."""
        return str(file_too_large())

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MAX_FILE_BYTES:
            raise forms.ValidationError(str(file_too_large()))
        return file

    def facts(self) -> dict[str, Any]:
        """Return what `store_import` needs besides the calendar."""
        return {"file_name": self.cleaned_data["file"].name, "state": self.cleaned_data["state"]}
