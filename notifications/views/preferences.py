"""Views of notification settings: preferences, a test notification, and the link that ends emails."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.logins import login_required
from accounts.requests import AuthenticatedRequest
from accounts.views.settings import OwnSettingsView
from config.web.forms import refusals_as_messages
from notifications.forms import PreferencesForm
from notifications.inbox import preferences
from notifications.mail.messages import unsubscribing_user


class PreferencesView(OwnSettingsView):
    form_class = PreferencesForm
    template_name = "notifications/preferences.html"
    success_url = reverse_lazy("notifications:preferences")

    def form_valid(self, form: PreferencesForm) -> HttpResponse:
        preferences.set_preferences(self.request.user, **form.muted())
        messages.success(self.request, _("Notification settings saved."))
        return super().form_valid(form)


@require_POST
@login_required
def send_test(request: AuthenticatedRequest) -> HttpResponse:
    """Send the user a test notification."""
    with refusals_as_messages(request):
        user = request.user
        test = preferences.send_test(user, at=request.at(), text=_("Your notifications are working."))
        if user.email_verified_at and test.is_mailed_to(user):
            text = _("Test sent. Leave it unread and you’ll get it by email within a minute.")
        else:
            text = _("Test sent to your inbox.")
        messages.success(request, text)
    return redirect("notifications:preferences")


@csrf_exempt  # RFC 8058: email programs post without a cookie, and the token authorises the request
@never_cache
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button that ends emails about notifications; a POST ends them."""
    user = unsubscribing_user(token)
    is_done = user is not None and request.method == "POST"
    if user and is_done:
        preferences.stop_mails(user)
    return render(request, "notifications/unsubscribe.html", {"is_known": user is not None, "is_done": is_done})
