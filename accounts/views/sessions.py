"""Pages to log in and out, and the list of a user's logins, where each of them can be ended."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.forms import LoginForm
from accounts.logins import ReturningMixin, login_required
from accounts.requests import AuthenticatedRequest, keep_language
from accounts.services import end_api_session, end_browser_session, end_other_sessions
from accounts.services.browser_sessions import ROW_KEY
from config.web.forms import refusals_as_messages, with_refusal_status
from config.web.typed_text import forget_typed_text


class LoginView(ReturningMixin, auth_views.LoginView):
    form_class = LoginForm
    template_name = "accounts/login.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Log in, and show the pages in this browser in the account's language from now on."""
        response = super().form_valid(form)
        keep_language(response, self.request.user.language)  # type: ignore[union-attr]  # somebody has just logged in
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return with_refusal_status(super().form_invalid(form), form)


class LogoutView(auth_views.LogoutView):
    """Log out by POST."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        forget_typed_text(response)
        return response


# How many logins the list shows, the last seen first. "Log out everywhere else" also ends those that it leaves out.
MAX_SHOWN = 50


@require_safe
@login_required
@never_cache
def list_sessions(request: AuthenticatedRequest) -> HttpResponse:
    at = request.at()
    context = {
        "browsers": request.user.browser_sessions.live(at)[:MAX_SHOWN],
        "programs": request.user.api_sessions.live().refreshable(at)[:MAX_SHOWN],
        "here": request.session.get(ROW_KEY),
    }
    return render(request, "accounts/sessions.html", context)


@require_POST
@login_required
def end_browser(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Log out in one browser. The feed of its open pages closes within seconds."""
    response = redirect("accounts:sessions")
    with refusals_as_messages(request):
        ended = end_browser_session(request.user, pk)
        if pk == request.session.get(ROW_KEY):
            logout(request)
            forget_typed_text(response)
        messages.success(request, _("%(device)s logged out.") % {"device": ended.device})
    return response


@require_POST
@login_required
def end_api(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Log out in one program. Its tokens become invalid."""
    with refusals_as_messages(request):
        ended = end_api_session(request.user, pk, at=request.at())
        messages.success(request, _("%(device)s logged out.") % {"device": ended.device})
    return redirect("accounts:sessions")


@require_POST
@login_required
def end_others(request: AuthenticatedRequest) -> HttpResponse:
    """Log out everywhere except in this browser."""
    end_other_sessions(request.user, session_key=str(request.session.session_key), at=request.at())
    messages.success(request, _("You’ve been logged out everywhere else."))
    return redirect("accounts:sessions")
