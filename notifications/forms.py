"""The form for choosing which kinds of notification arrive by email and as toasts."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.leads import lead_name
from accounts.models import User
from notifications.models import Notification

# The options that people can choose, each with the kinds of notification that it includes.
CHOICES = (
    ("reminder", _("Reminders before the start"), {Notification.Kind.REMINDER}),
    ("changes", _("Changes to time or location"), {Notification.Kind.RESCHEDULED, Notification.Kind.RELOCATED}),
    ("cancelled", _("Cancellations"), {Notification.Kind.CANCELLED}),
    ("message", _("Messages from the organiser"), {Notification.Kind.MESSAGE}),
)


class PreferencesForm(forms.Form):
    """Which kinds of notification a user wants by email and as toasts. The inbox receives all kinds."""

    mail = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(name, label) for name, label, _kinds in CHOICES],
    )
    toast = forms.MultipleChoiceField(
        label=_("As a pop-up while the site is open"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(name, label) for name, label, _kinds in CHOICES],
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        kwargs["initial"] = {"mail": _wanted(user.mail_muted), "toast": _wanted(user.toast_muted)}
        super().__init__(*args, **kwargs)
        self.fields["mail"].label, self.fields["mail"].help_text = _mail_terms(settings.EMAIL_ESCALATION_MINUTES)

    def muted(self) -> dict[str, set[str]]:
        """Return the arguments for `set_preferences`."""
        return {
            f"{channel}_muted": set().union(*(kinds for name, _label, kinds in CHOICES if name not in ticked))
            for channel, ticked in self.cleaned_data.items()
        }


def _mail_terms(minutes: int) -> tuple[str, str]:
    """Return a label that says when an unread notification is emailed, and a help text with the exception, or ""."""
    if not minutes:
        return gettext("By email, if still unread"), ""
    label = gettext("By email, if still unread after %(time)s") % {"time": lead_name(minutes)}
    return label, gettext("Sent right away if the event starts sooner.")


def _wanted(muted: list[str]) -> list[str]:
    return [name for name, _label, kinds in CHOICES if not kinds & set(muted)]
