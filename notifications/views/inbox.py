"""Views of the inbox: its pages, the latest notifications for the bell, and marking notifications read or unread."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import TemplateView

from accounts.logins import login_required
from accounts.requests import AuthenticatedRequest
from config.database import read_id
from config.web.forms import posted_next
from notifications.inbox import reading
from notifications.inbox.pages import InboxQuery, inbox_page, latest_page

# How long after marking notifications read a page can undo it.
UNDO_WINDOW = timedelta(minutes=10)


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
    _offer_undo(request, _("Marked as read."))
    return _back_to_page(request)


@require_POST
@login_required
def mark_unread(request: AuthenticatedRequest) -> HttpResponse:
    """Mark the notification with the posted `id` unread."""
    reading.mark_unread(request.user, ids=[_posted_id(request, "id")])
    return _back_to_page(request)


@require_POST
@login_required
def undo_mark_read(request: AuthenticatedRequest) -> HttpResponse:
    """Mark unread again what was marked read at the posted `read_at`, for as long as that can be undone."""
    moment = _posted_moment(request)
    if not timedelta(0) <= request.at() - moment <= UNDO_WINDOW:
        messages.error(request, _("It’s too late to undo this."))
    else:
        reading.undo_mark_read(request.user, read_at=moment)
    return _back_to_page(request)


@require_POST
@login_required
def mark_all_read(request: AuthenticatedRequest) -> HttpResponse:
    """Mark all notifications up to the id `up_to` read, and of the later ones those in `ids`, which the page showed."""
    up_to, ids, at = _posted_id(request, "up_to"), _posted_ids(request, "ids"), request.at()
    reading.mark_all_read(request.user, up_to=up_to, at=at)
    if ids:
        reading.mark_read(request.user, ids=ids, at=at)
    _offer_undo(request, _("All notifications marked as read."))
    return _back_to_page(request)


def _offer_undo(request: AuthenticatedRequest, text: str) -> None:
    """Say on the next page what was marked read, with a button that undoes it, if that page has the form for it."""
    if "undo" in request.POST:
        shown = {"text": text, "moment": request.at().isoformat()}
        messages.success(request, render_to_string("notifications/_undo_message.html", shown))


def _posted_moment(request: HttpRequest) -> datetime:
    """Return the moment in the posted field `read_at`.

    Raises:
        BadRequest
    """
    try:
        moment = parse_datetime(request.POST.get("read_at", ""))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadRequest("read_at is not a moment")
    return moment


def _posted_id(request: HttpRequest, name: str) -> int:
    """Return the id in a posted field.

    Raises:
        BadRequest
    """
    return _id(request.POST.get(name, ""), name)


def _posted_ids(request: HttpRequest, name: str) -> list[int]:
    """Return the ids in a posted field, which are separated by commas and at most MAX_READ_IDS.

    Raises:
        BadRequest
    """
    texts = request.POST.get(name, "").split(",", reading.MAX_READ_IDS)
    return [_id(text, name) for text in texts if text]


def _id(text: str, name: str) -> int:
    try:
        return read_id(text, least=0)
    except ValueError as error:
        raise BadRequest(f"{name} is not the id of a notification") from error


def _back_to_page(request: HttpRequest) -> HttpResponse:
    """Redirect to the page that contained the form, or to the inbox."""
    return redirect(posted_next(request) or "notifications:inbox")
