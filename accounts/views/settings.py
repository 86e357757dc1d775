"""The pages of settings that change an account: the list of sections, profile, reminders, language, and data."""

from copy import copy
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.generic import FormView

from accounts.logins import login_required
from accounts.requests import AuthenticatedRequest, keep_language
from accounts.services import update_profile
from accounts.settings_forms import LanguageForm, ProfileForm, RemindersForm, SectionForm, WholeProfileForm


@require_safe
@login_required
@never_cache
def show_settings(request: AuthenticatedRequest) -> HttpResponse:
    """List the sections of the settings, each with what is chosen there."""
    return render(request, "accounts/settings_list.html")


@require_safe
@login_required
@never_cache
def show_data(request: AuthenticatedRequest) -> HttpResponse:
    """Offer the download of the user's data."""
    return render(request, "accounts/data.html")


@method_decorator(never_cache, name="dispatch")
class OwnSettingsView(LoginRequiredMixin, FormView):
    """A page with a form that takes a `user` and shows and changes their settings."""

    request: AuthenticatedRequest

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        del kwargs["initial"]
        return kwargs | {"user": self.request.user}


class SectionView(OwnSettingsView):
    """A section whose form changes the account. It changes nothing that belongs to other sections."""

    done: Any

    def form_valid(self, form: SectionForm) -> HttpResponse:
        with form.refusals():
            changes = form.changes()
            # Change a copy, so that a refused username does not appear in the header.
            update_profile(copy(self.request.user), **changes)
            response = super().form_valid(form)
            keep_language(response, changes.get("language", ""))
            with override(changes.get("language") or get_language()):
                messages.success(self.request, str(self.done))
            return response
        return self.form_invalid(form)


class ProfileView(SectionView):
    template_name = "accounts/profile.html"
    success_url = reverse_lazy("accounts:profile")
    done = _("Profile saved.")

    def get_form_class(self) -> type[forms.Form]:
        return WholeProfileForm if "time_zone" in self.request.POST else ProfileForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(awaits_email=self.request.user.awaits_email(self.request.at()), **kwargs)


class RemindersView(SectionView):
    form_class = RemindersForm
    template_name = "accounts/reminders.html"
    success_url = reverse_lazy("accounts:reminders")
    done = _("Reminders saved.")


class LanguageView(SectionView):
    form_class = LanguageForm
    template_name = "accounts/language.html"
    success_url = reverse_lazy("accounts:language")
    done = _("Language and time zone saved.")
