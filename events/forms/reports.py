"""The form in which a reader reports an event to the site's staff."""

from django import forms
from django.utils.translation import gettext_lazy

from config.web.forms import LinesField, RefusalForm
from events.models import EventReport
from events.text_limits import MAX_MESSAGE_LENGTH


class ReportForm(RefusalForm):
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason for your report"), choices=EventReport.Reason, widget=forms.RadioSelect
    )
    text = LinesField(
        label=gettext_lazy("Details (optional)"),
        required=False,
        max_length=MAX_MESSAGE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        help_text=gettext_lazy("Anything that helps us check it. Only our staff can read this."),
    )
