"""The page to sign up, and the choice of the pages' language. Pages of settings are in `settings.py`."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django.views.generic import FormView
from django.views.i18n import set_language

from accounts.attempts import count_signup
from accounts.forms import SignupForm
from accounts.logins import ReturningMixin
from accounts.models import User
from accounts.requests import ReaderRequest, language_of
from accounts.services import register_user, update_profile
from config.web.forms import with_refusal_status


@method_decorator([sensitive_post_parameters(), never_cache], name="dispatch")
class SignupView(ReturningMixin, FormView):
    """Create an account and log it in."""

    request: ReaderRequest
    form_class = SignupForm
    template_name = "accounts/signup.html"
    next_page = "events:home"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return redirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(next=self.get_redirect_url(), **kwargs)

    def form_valid(self, form: SignupForm) -> HttpResponse:
        with form.refusals():
            count_signup(self.request)
            user = register_user(**form.cleaned_data, language=language_of(self.request), at=self.request.at())
            login(self.request, user, backend="django.contrib.auth.backends.ModelBackend")
            welcome = _("Welcome, %(name)s. We’ve sent a link to %(email)s – click it so we can email you reminders.")
            messages.success(self.request, welcome % {"name": user.username, "email": user.email})
            return redirect(self.get_success_url())
        return with_refusal_status(self.form_invalid(form), form)

    def form_invalid(self, form: SignupForm) -> HttpResponse:
        form.ask_for_password_again()
        return super().form_invalid(form)


@csrf_exempt
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Set the language of the pages, and that of emails if the user is logged in.

    Only the choice of a user needs a CSRF token. In the pages of all others a token would set a cookie, which would
    keep these pages out of caches, and without it another site can do no more than change the language of the pages.
    """
    if isinstance(request.user, User):
        return _choose_for_account(request, request.user)
    return _choose_for_browser(request)


@csrf_protect
def _choose_for_account(request: HttpRequest, user: User) -> HttpResponse:
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        update_profile(user, language=language)
    return _choose_for_browser(request)


def _choose_for_browser(request: HttpRequest) -> HttpResponse:
    response: HttpResponse = set_language(request)
    return response
