"""One event for one reader: 404 for what they may not see, 403 for what they may not change, login before an action."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from accounts.requests import AuthenticatedRequest
from events.exceptions import NotAuthor
from events.models import Event

EventView = Callable[..., HttpResponse]


def visible_event_or_404(request: HttpRequest, pk: int) -> Event:
    """Return what the event's pages show, with the reader's leads; 404 for what the reader may not see. One query."""
    events = Event.objects.visible_to(request.user, invite=invite_of(request)).for_page(request.user)
    event: Event = get_object_or_404(events.with_leads_of(request.user), pk=pk)
    return event


def on_event(view: EventView) -> Callable[..., HttpResponseBase]:
    """Hand the view the event. Who has not logged in does that first, and lands on the event's page after a POST."""

    @wraps(view)
    def wrapped(request: HttpRequest, pk: int, **kwargs: int) -> HttpResponseBase:
        event = visible_event_or_404(request, pk)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path() if request.method == "GET" else url_of(event, request))
        response = view(request, event, **kwargs)
        add_never_cache_headers(response)
        return response

    return wrapped


def on_own_event(view: EventView) -> Callable[..., HttpResponseBase]:
    """Hand the view the user's own event; 403 for somebody else's that they may see."""

    @wraps(view)
    def wrapped(request: AuthenticatedRequest, event: Event, **kwargs: int) -> HttpResponse:
        if event.author_id != request.user.pk:
            raise PermissionDenied(NotAuthor.message)
        return view(request, event, **kwargs)

    return on_event(wrapped)


def invite_of(request: HttpRequest) -> str:
    """Return the invite token that the reader brought, or nothing."""
    return request.POST.get("invite") or request.GET.get("invite", "")


def url_of(event: Event, request: HttpRequest, *, page: str = "events:detail") -> str:
    """Return one of the event's pages, with the invite that the reader brought."""
    invite = invite_of(request)
    address = reverse(page, args=[event.pk])
    return f"{address}?{urlencode({'invite': invite})}" if invite else address
