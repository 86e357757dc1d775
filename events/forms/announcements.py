"""Forms for what an organiser writes to the subscribers of an event: a message, or the reason for a cancellation."""

from django import forms
from django.utils.formats import number_format
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from config.web.forms import LinesField, OneTimeField, RefusalForm
from events.text_limits import MAX_MESSAGE_LENGTH


class CancelForm(RefusalForm):
    reason = LinesField(
        label=gettext_lazy("Reason (optional)"),
        required=False,
        max_length=MAX_MESSAGE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        help_text=gettext_lazy("Included in the notification to subscribers, and shown on the event’s page."),
    )


class MessageForm(RefusalForm):
    message = LinesField(
        label=gettext_lazy("Your message"),
        max_length=MAX_MESSAGE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        help_text=format_lazy(
            gettext_lazy("Plain text, up to {limit} characters. You can’t unsend it."),
            limit=lazy(number_format, str)(MAX_MESSAGE_LENGTH, force_grouping=True),
        ),
    )
    once = OneTimeField()
