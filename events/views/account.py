"""The page that deletes the user's account. It is in this app because it counts events and their subscribers."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.forms import PasswordForm
from accounts.logins import login_required
from accounts.requests import AuthenticatedRequest
from accounts.services import request_deletion
from config.web.forms import posted
from config.web.typed_text import forget_typed_text
from events.presentation.account_deletion import deletion_effects


@sensitive_post_parameters("password")
@login_required
@never_cache
def delete_account(request: AuthenticatedRequest) -> HttpResponse:
    """Show what would be deleted. If the password is sent, request the deletion and log out."""
    form = PasswordForm(posted(request), request=request)
    if form.is_valid():
        request_deletion(request.user, at=request.at())
        logout(request)
        messages.success(request, _("Your account has been deleted."))
        response = redirect("events:home")
        forget_typed_text(response)
        return response
    effects = deletion_effects(request.user, request.at())
    return render(request, "events/account_confirm_delete.html", {"form": form, "deletion_effects": effects})
