"""The event of a page, for its reader: 404 if they may not see it, 403 if they may not change it, login if needed."""

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
    """Return the event with all that its pages show, or 404 if the reader may not see it. Issues one query."""
    events = Event.objects.visible_to(request.user, invite=invite_of(request)).for_page(request.user)
    event: Event = get_object_or_404(events.with_leads_of(request.user), pk=pk)
    return event


def on_event(view: EventView) -> Callable[..., HttpResponseBase]:
    """Pass the event to the view. Readers who are not logged in are redirected to the login.

    From there they come back to the page that they asked for, or to the event's page if they had sent a form.
    """

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
    """Pass the user's own event to the view. Another organiser's event is answered 403 if the user may see it."""

    @wraps(view)
    def wrapped(request: AuthenticatedRequest, event: Event, **kwargs: int) -> HttpResponse:
        if event.author_id != request.user.pk:
            raise PermissionDenied(NotAuthor.message)
        return view(request, event, **kwargs)

    return on_event(wrapped)


def invite_of(request: HttpRequest) -> str:
    """Return the invite token of the request, or an empty string."""
    return request.POST.get("invite") or request.GET.get("invite", "")


def url_of(event: Event, request: HttpRequest, *, page: str = "events:detail") -> str:
    """Return the URL of one of the event's pages, with the invite token of the request if it has one."""
    invite = invite_of(request)
    url = reverse(page, args=[event.pk])
    return f"{url}?{urlencode({'invite': invite})}" if invite else url
