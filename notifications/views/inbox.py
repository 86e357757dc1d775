"""Views of the inbox: its pages, the latest notifications for the bell, and marking notifications read."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import TemplateView

from accounts.logins import login_required
from accounts.requests import AuthenticatedRequest
from config.database import read_id
from config.web.forms import posted_next
from notifications.inbox import reading
from notifications.inbox.pages import PAGE_SIZE, InboxQuery, inbox_page, latest_page


@method_decorator(never_cache, name="dispatch")
class InboxView(LoginRequiredMixin, TemplateView):
    """The user's notifications, the newest first."""

    request: AuthenticatedRequest
    template_name = "notifications/notification_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        try:
            query = InboxQuery.parse(self.request.GET.dict())
        except ValueError as error:
            raise Http404 from error
        page = inbox_page(self.request.user, query, at=self.request.at())
        return super().get_context_data(page=page, **kwargs)


@require_safe
@never_cache
@login_required
def show_latest(request: AuthenticatedRequest) -> HttpResponse:
    """Show the latest notifications, for the bell's panel."""
    return render(request, "notifications/_latest.html", {"page": latest_page(request.user, at=request.at())})


@require_POST
@login_required
def mark_read(request: AuthenticatedRequest) -> HttpResponse:
    """Mark the notification with the posted `id` read, or those in `ids`."""
    ids = _posted_ids(request, "ids") or [_posted_id(request, "id")]
    reading.mark_read(request.user, ids=ids, at=request.at())
    return _back_to_page(request)


@require_POST
@login_required
def mark_all_read(request: AuthenticatedRequest) -> HttpResponse:
    """Mark all notifications up to the id `up_to` read, and of the later ones those in `ids`, which the page showed."""
    up_to, ids, at = _posted_id(request, "up_to"), _posted_ids(request, "ids"), request.at()
    reading.mark_all_read(request.user, up_to=up_to, at=at)
    if ids:
        reading.mark_read(request.user, ids=ids, at=at)
    return _back_to_page(request)


def _posted_id(request: HttpRequest, name: str) -> int:
    """Return the id in a posted field.

    Raises:
        BadRequest
    """
    return _id(request.POST.get(name, ""), name)


def _posted_ids(request: HttpRequest, name: str) -> list[int]:
    """Return the ids in a posted field, which are separated by commas and at most as many as a page shows.

    Raises:
        BadRequest
    """
    texts = request.POST.get(name, "").split(",", PAGE_SIZE)
    return [_id(text, name) for text in texts if text]


def _id(text: str, name: str) -> int:
    try:
        return read_id(text, least=0)
    except ValueError as error:
        raise BadRequest(f"{name} is not the id of a notification") from error


def _back_to_page(request: HttpRequest) -> HttpResponse:
    """Redirect to the page that contained the form, or to the inbox."""
    return redirect(posted_next(request) or "notifications:inbox")
