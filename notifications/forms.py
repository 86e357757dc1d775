"""The form for choosing which kinds of notification arrive by email and as toasts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.forms.boundfield import BoundWidget
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.leads import lead_name
from accounts.models import User
from notifications.models import Notification


@dataclass(frozen=True)
class Choice:
    """Kinds of notification that people choose together: a row of the table."""

    value: str
    name: Any
    text: Any
    kinds: frozenset[str]


@dataclass(frozen=True)
class Channel:
    """A way in which notifications arrive besides the inbox: a column of the table, and a field of the form."""

    field: str
    name: Any
    # The name of a box in this column, in which %(kind)s stands for the row.
    box: Any


CHOICES = (
    Choice("reminder", _("Reminders"), _("before the start"), frozenset({Notification.Kind.REMINDER})),
    Choice(
        "changes",
        _("Changes"),
        _("to time or location"),
        frozenset({Notification.Kind.RESCHEDULED, Notification.Kind.RELOCATED}),
    ),
    Choice("cancelled", _("Cancellations"), _("of events"), frozenset({Notification.Kind.CANCELLED})),
    Choice("message", _("Messages"), _("from the organiser"), frozenset({Notification.Kind.MESSAGE})),
)
# Another channel takes an entry here, a field of the form, and a column of `User`, `<field>_muted`.
CHANNELS = (
    Channel("toast", _("Pop-up"), _("%(kind)s as a pop-up")),
    Channel("mail", _("Email"), _("%(kind)s by email")),
)


@dataclass(frozen=True)
class Row:
    """A row of the table: a choice, and for each channel a box and the name that says which one it is."""

    choice: Choice
    boxes: list[tuple[BoundWidget, str]]


class KindsField(forms.MultipleChoiceField):
    """The kinds of notification that arrive in one way."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False,
            widget=forms.CheckboxSelectMultiple,
            choices=[(choice.value, choice.name) for choice in CHOICES],
            **options,
        )


class PreferencesForm(forms.Form):
    """Which kinds of notification a user wants by email and as toasts. The inbox receives all kinds."""

    toast = KindsField(label=CHANNELS[0].name)
    mail = KindsField(label=CHANNELS[1].name)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        kwargs["initial"] = {each.field: _wanted(getattr(user, f"{each.field}_muted")) for each in CHANNELS}
        super().__init__(*args, **kwargs)

    def muted(self) -> dict[str, set[str]]:
        """Return the arguments for `set_preferences`."""
        return {
            f"{channel}_muted": set().union(*(choice.kinds for choice in CHOICES if choice.value not in ticked))
            for channel, ticked in self.cleaned_data.items()
        }

    def columns(self) -> list[tuple[Channel, str]]:
        """Return the channels, each with the words that say when it is used."""
        terms = {"toast": gettext("while the site is open"), "mail": mail_term()}
        return [(channel, terms[channel.field]) for channel in CHANNELS]

    def rows(self) -> Iterator[Row]:
        boxes = {channel: list(self[channel.field]) for channel in CHANNELS}
        for number, choice in enumerate(CHOICES):
            yield Row(choice, [(boxes[each][number], each.box % {"kind": choice.name}) for each in CHANNELS])

    def mails_later(self) -> bool:
        """Return whether emails wait, so that there are exceptions from waiting."""
        return bool(settings.EMAIL_ESCALATION_MINUTES)


def mail_term() -> str:
    """Return in words when an unread notification is emailed."""
    if minutes := settings.EMAIL_ESCALATION_MINUTES:
        return gettext("if unread after %(time)s") % {"time": lead_name(minutes)}
    return gettext("if unread")


def _wanted(muted: list[str]) -> list[str]:
    return [choice.value for choice in CHOICES if not choice.kinds & set(muted)]
