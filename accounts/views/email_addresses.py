"""Pages that verify the email address or change it: request the change, confirm it, cancel it, undo it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django.views.generic import FormView

from accounts.exceptions import EmailTaken, InvalidLink
from accounts.forms import ChangeEmailForm
from accounts.logins import login_required
from accounts.requests import AuthenticatedRequest, ReaderRequest
from accounts.services import (
    cancel_email_change,
    confirm_email_change,
    request_confirmation,
    request_email_change,
    request_verification,
    undo_email_change,
    verify_email,
)
from config.limits.rates import count_by_network
from config.web.forms import posted_next, refusals_as_messages, with_refusal_status
from config.web.typed_text import forget_typed_text


@csrf_exempt  # the token authorises the request, and a CSRF failure would log it
@never_cache
def verify(request: ReaderRequest, token: str) -> HttpResponse:
    """Show a button, and verify by POST only, because mail scanners follow links."""
    if request.method != "POST":
        return render(request, "accounts/verify.html")
    try:
        verify_email(token, at=request.at())
    except InvalidLink as refusal:
        return render(request, "accounts/verify.html", {"refusal": refusal})
    messages.success(request, _("Email address verified."))
    return redirect("accounts:profile")


@require_POST
@login_required
def send_verification(request: AuthenticatedRequest) -> HttpResponse:
    """Send the link to verify the email address again, and return to the page where that was asked for."""
    email = request.user.email
    with refusals_as_messages(request):
        if request.user.email_verified_at:  # since the page was opened
            messages.success(request, _("%(email)s is already verified.") % {"email": email})
        else:
            count_by_network(request, "mail")
            request_verification(request.user, at=request.at())
            said = _("We’ve sent a link to %(email)s. Click it to verify your email address.")
            messages.success(request, said % {"email": email})
    return redirect(posted_next(request) or "accounts:profile")


@method_decorator([sensitive_post_parameters(), never_cache], name="dispatch")
class ChangeEmailView(LoginRequiredMixin, FormView):
    """Request another email address. The password is required."""

    request: AuthenticatedRequest
    form_class = ChangeEmailForm
    template_name = "accounts/change_email.html"
    success_url = reverse_lazy("accounts:profile")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(awaits_email=self.request.user.awaits_email(self.request.at()), **kwargs)

    def form_valid(self, form: ChangeEmailForm) -> HttpResponse:
        with form.refusals():
            count_by_network(self.request, "mail")
            user = request_email_change(self.request.user, email=form.cleaned_data["email"], at=self.request.at())
            if user.pending_email:
                _say_where_the_link_is(self.request, user.pending_email)
            else:
                messages.success(self.request, _("Your email address is still %(email)s.") % {"email": user.email})
            return super().form_valid(form)
        return with_refusal_status(self.form_invalid(form), form)


@require_POST
@login_required
def send_confirmation(request: AuthenticatedRequest) -> HttpResponse:
    """Send the link to the pending address again."""
    with refusals_as_messages(request):
        count_by_network(request, "mail")
        _say_where_the_link_is(request, request_confirmation(request.user, at=request.at()))
    return redirect("accounts:profile")


@require_POST
@login_required
def cancel(request: AuthenticatedRequest) -> HttpResponse:
    """Cancel the change to the pending address."""
    user = cancel_email_change(request.user)
    messages.success(request, _("Your email address is still %(email)s.") % {"email": user.email})
    return redirect("accounts:profile")


@never_cache
@login_required
def confirm(request: AuthenticatedRequest, token: str) -> HttpResponse:
    """Show the pending address and a button, and confirm by POST only, because mail scanners follow links."""
    address = request.user.pending_email
    refusal: InvalidLink | EmailTaken | None = None if address else InvalidLink()
    if request.method == "POST":
        try:
            user = confirm_email_change(request.user, token, at=request.at())
        except (InvalidLink, EmailTaken) as raised:
            refusal = raised
        else:
            messages.success(
                request, _("Email address changed. From now on, log in with %(email)s.") % {"email": user.email}
            )
            return redirect("accounts:profile")
    return render(request, "accounts/confirm_email.html", {"address": address, "refusal": refusal})


@csrf_exempt  # the token authorises the request, and a CSRF failure would log it
@never_cache
def undo(request: ReaderRequest, token: str) -> HttpResponse:
    """Explain what undoing does, and undo by POST only, because mail scanners follow links."""
    if request.method != "POST":
        return render(request, "accounts/undo_email_change.html")
    reader, response = request.user.pk, redirect("accounts:login")
    try:
        user = undo_email_change(token, at=request.at())
    except (InvalidLink, EmailTaken) as refusal:
        return render(request, "accounts/undo_email_change.html", {"refusal": refusal})
    if reader == user.pk:
        logout(request)  # the session has ended, so its cookie is removed too
        forget_typed_text(response)
    said = _("Your account uses %(email)s again. We’ve sent you a link to choose a new password.")
    if not (user.is_active and user.has_usable_password()):  # no link can log them in
        said = _("Your account uses %(email)s again. To log in, contact the site’s administrator.")
    messages.success(request, said % {"email": user.email})
    return response


def _say_where_the_link_is(request: HttpRequest, address: str) -> None:
    messages.success(request, _("We’ve sent a link to %(email)s. Click it to confirm.") % {"email": address})
