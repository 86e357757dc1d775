"""The inbox page, proof of delivery, the export, and what machines ask of the site: is it alive, is it ready."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import BadRequest
from django.db import Error as DatabaseError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import TemplateView

from accounts.requests import AuthenticatedRequest
from config.database import database_now
from config.limits.rates import count_by
from events.models import Event
from events.views.access import on_own_event
from notifications import services
from notifications.export import export_of
from notifications.health import sweep_health
from notifications.inbox import PAGE_SIZE, Query, latest_of, page_of
from notifications.proof import proof_of

MAX_ID = 2**63 - 1


@method_decorator(never_cache, name="dispatch")
class InboxView(LoginRequiredMixin, TemplateView):
    """What one was told, the newest first."""

    request: AuthenticatedRequest
    template_name = "notifications/notification_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        try:
            query = Query.parse(self.request.GET.dict())
        except ValueError as error:
            raise Http404 from error
        page = page_of(self.request.user, query, at=timezone.now())
        return super().get_context_data(page=page, **kwargs)


@require_safe
@never_cache
@login_required
def show_latest(request: AuthenticatedRequest) -> HttpResponse:
    """Show what the bell's panel holds: the last few."""
    return render(request, "notifications/_latest.html", {"page": latest_of(request.user, at=timezone.now())})


@require_POST
@login_required
def mark_read(request: AuthenticatedRequest) -> HttpResponse:
    """Mark the notification `id` read."""
    services.mark_read(request.user, ids=[_posted_id(request, "id")], at=database_now())
    return _back_to_inbox(request)


@require_POST
@login_required
def mark_all_read(request: AuthenticatedRequest) -> HttpResponse:
    """Mark all read up to the notification `up_to`, and of what came after it the `ids` that the page showed."""
    up_to, ids, at = _posted_id(request, "up_to"), _posted_ids(request, "ids"), database_now()
    services.mark_all_read(request.user, up_to=up_to, at=at)
    if ids:
        services.mark_read(request.user, ids=ids, at=at)
    return _back_to_inbox(request)


@require_safe
@on_own_event
def show_delivery(request: AuthenticatedRequest, event: Event) -> HttpResponse:
    """Show an event's author what the subscribers were told, and how many have read it."""
    at = timezone.now()
    proof = proof_of(event, zone=ZoneInfo(request.user.time_zone), at=at)
    return render(request, "notifications/event_delivery.html", {"event": event, "proof": proof, "at": at})


@require_safe
@login_required
def export_account(request: AuthenticatedRequest) -> HttpResponseBase:
    """Send all that is one's own as a zip."""
    count_by(request, "export", request.user.pk)
    at = timezone.now().astimezone(ZoneInfo(request.user.time_zone))
    name = f"event-manager-{request.user.username}-{at:%Y-%m-%d}.zip"
    return StreamingHttpResponse(
        export_of(request.user, request=request, at=at) if request.method == "GET" else (),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def alive(request: HttpRequest) -> HttpResponse:
    """Say that the process answers; asks nobody else."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Say whether the database can be reached. A sweep that has stopped shows, but is no reason to send nobody here."""
    try:
        health = sweep_health(database_now())
    except DatabaseError:
        return JsonResponse({"database": False, "swept_seconds_ago": None}, status=503)
    age = health.seconds_since_sweep
    return JsonResponse({"database": True, "swept_seconds_ago": None if age is None else round(age, 1)})


def _posted_id(request: HttpRequest, name: str) -> int:
    """Return the id that a form of ours posts.

    Raises:
        BadRequest
    """
    return _id(request.POST.get(name, ""), name)


def _posted_ids(request: HttpRequest, name: str) -> list[int]:
    """Return the ids, at most a page of them, that a form of ours posts, separated by commas.

    Raises:
        BadRequest
    """
    texts = request.POST.get(name, "").split(",", PAGE_SIZE)
    return [_id(text, name) for text in texts if text]


def _id(text: str, name: str) -> int:
    try:
        value: int = forms.IntegerField(min_value=0, max_value=MAX_ID).clean(text)
    except forms.ValidationError as error:
        raise BadRequest(f"{name} is not the id of a notification") from error
    return value


def _back_to_inbox(request: HttpRequest) -> HttpResponse:
    """Return to the page of the inbox that the form was on."""
    address = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return HttpResponseRedirect(address)
    return redirect("notifications:inbox")
