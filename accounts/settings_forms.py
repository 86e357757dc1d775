"""Forms of the settings: a form for each section, which changes nothing that belongs to another section."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.forms import LeadsForm, TimeZoneField, UsernameField, offered_leads
from accounts.leads import lead_choice
from accounts.models import User
from config.web.forms import RefusalForm


class SectionForm(RefusalForm):
    """A section of the user's own settings. Its changes contain nothing but what its inputs have sent."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        kwargs["initial"] = self.saved(user)
        super().__init__(*args, **kwargs)

    def saved(self, user: User) -> dict[str, Any]:
        """Return what the inputs show at first."""
        return {}

    def changes(self) -> dict[str, Any]:
        """Return the changes for `update_profile`."""
        return {}


class ProfileForm(SectionForm):
    """The name that others see."""

    username = UsernameField()

    def saved(self, user: User) -> dict[str, Any]:
        return super().saved(user) | {"username": user.username}

    def changes(self) -> dict[str, Any]:
        return super().changes() | {"username": self.cleaned_data["username"]}


class LanguageForm(SectionForm):
    """The language of pages and emails, and the time zone of their times."""

    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=lambda: settings.LANGUAGES, help_text=_("For the site and emails.")
    )
    time_zone = TimeZoneField(help_text=_("A city, such as Vienna. For times and reminders."))

    def saved(self, user: User) -> dict[str, Any]:
        return super().saved(user) | {"time_zone": user.time_zone, "language": user.language or get_language()}

    def changes(self) -> dict[str, Any]:
        # A form that was sent without a language does not change it.
        language = {"language": self.cleaned_data["language"]} if self.cleaned_data["language"] else {}
        return super().changes() | {"time_zone": self.cleaned_data["time_zone"]} | language


class RemindersForm(SectionForm, LeadsForm):
    """The leads of new subscriptions."""

    refusal_fields = {"default_leads": "leads"}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        offered = offered_leads(user.default_leads, self.data)
        self.fields["leads"].choices = [(lead, capfirst(lead_choice(lead))) for lead in offered]  # type: ignore[attr-defined]  # a ChoiceField

    def saved(self, user: User) -> dict[str, Any]:
        return super().saved(user) | {"leads": user.default_leads}

    def changes(self) -> dict[str, Any]:
        # Browsers send nothing for boxes that are not ticked, but the inputs for another reminder even if they are
        # empty. If none of them was sent, the form had no reminders, and must not remove those that are saved.
        is_sent = any(name in self.data for name in LeadsForm.base_fields)
        return super().changes() | ({"default_leads": self.cleaned_data["leads"]} if is_sent else {})


class WholeProfileForm(ProfileForm, LanguageForm, RemindersForm):
    """The profile page of earlier versions, on which all of this was one form.

    While an upgrade is rolled out, pages that were opened before it still send it.
    """
