"""Pages to change a password or to request a link to a new one. No answer reveals whether an account exists."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from accounts.exceptions import InvalidCredentials, InvalidLink
from accounts.forms import ChangePasswordForm, NewPasswordForm, ResetRequestForm
from accounts.leads import lead_name
from accounts.links import password_reset_tokens
from accounts.models import User
from accounts.requests import AuthenticatedRequest, ReaderRequest
from accounts.services import (
    replace_password,
    request_password_reset,
    reset_password,
)
from config.limits.rates import count_by_network


class PasswordChangeView(auth_views.PasswordChangeView):
    """Change the user's own password. This browser stays logged in, and all other logins end."""

    request: AuthenticatedRequest
    form_class = ChangePasswordForm
    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("accounts:sessions")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        try:
            replace_password(
                self.request.user,
                password=form.cleaned_data["new_password1"],
                at=self.request.at(),
                session_key=str(self.request.session.session_key),
            )
        except InvalidCredentials:
            form.add_error("old_password", form.error_messages["password_incorrect"])
            return self.form_invalid(form)
        update_session_auth_hash(self.request, self.request.user)
        messages.success(self.request, _("Password changed. You’ve been logged out everywhere else."))
        return redirect(self.get_success_url())


@method_decorator(never_cache, name="dispatch")
class PasswordResetView(FormView):
    """Request a link to choose a new password."""

    request: ReaderRequest
    form_class = ResetRequestForm
    template_name = "accounts/password_reset.html"

    def form_valid(self, form: ResetRequestForm) -> HttpResponse:
        count_by_network(self.request, "mail")
        request_password_reset(form.cleaned_data["email"], at=self.request.at())
        lifetime = lead_name(settings.PASSWORD_RESET_TIMEOUT // 60)
        return self.render_to_response(self.get_context_data(form=form, asked=True, lifetime=lifetime))


class PasswordResetConfirmView(auth_views.PasswordResetConfirmView):
    """Choose a new password by the link from an email. Django moves its token from the URL into the session."""

    request: ReaderRequest
    form_class = NewPasswordForm
    template_name = "accounts/password_reset_confirm.html"
    success_url = reverse_lazy("accounts:login")
    token_generator = password_reset_tokens

    def get_user(self, uidb64: str) -> User | None:
        """Return the user whose link it is; None if the account is suspended."""
        user: User | None = super().get_user(uidb64)
        return user if user and user.is_active else None

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:
        try:
            reset_password(
                form.user,
                password=form.cleaned_data["new_password1"],
                at=self.request.at(),
                session_key=str(self.request.session.session_key),
            )
        except InvalidLink:
            self.validlink = False
            return self.render_to_response(self.get_context_data())
        del self.request.session[auth_views.INTERNAL_RESET_SESSION_TOKEN]
        messages.success(self.request, _("Password changed. Log in with your new password."))
        return redirect(self.get_success_url())
