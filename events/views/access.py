"""The event of a page, for its reader: 404 if they may not see it, 403 if they may not change it, login if needed."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from accounts.logins import login_required
from accounts.models import User
from accounts.requests import AuthenticatedRequest
from config.statements import ModelQuery
from events.exceptions import NotAuthor
from events.models import Event
from events.querysets import LOCAL_TIMES, TOKEN_FORM, EventQuerySet

EventView = Callable[..., HttpResponse]


def visible_event_or_404(request: HttpRequest, pk: int) -> Event:
    """Return the event with all that its pages show, or 404 if the reader may not see it. Issues one query."""
    invite = invite_of(request)
    usable_invite = invite if TOKEN_FORM.fullmatch(invite) else ""
    found = _VISIBLE.models(pk=pk, reader=request.user.pk, invite=usable_invite, limit=1)
    if not found:
        raise Http404
    event: Event = found[0]
    return event


def _visible(*, pk: int, reader: int | None, invite: str) -> EventQuerySet:
    user = User(pk=reader) if reader else AnonymousUser()
    return Event.objects.visible_to(user, invite).with_is_subscribed(user).with_leads_of(user).filter(pk=pk)


_VISIBLE = ModelQuery(
    Event,
    _visible,
    fields={each.attname for each in Event._meta.concrete_fields} - {"search_text", *LOCAL_TIMES},
    annotations=["is_subscribed", "chosen_leads"],
    related={"author": ["id", "username", "is_active"]},
    parameters={"pk": Event._meta.pk, "reader": User._meta.pk, "invite": Event._meta.get_field("invite_token")},
)


def on_event(view: EventView) -> Callable[..., HttpResponseBase]:
    """Pass the event to the view. Readers who are not logged in are redirected to the login, whether it exists or not.

    From there they come back to the page that they asked for, or to the page with the form that they sent.
    """
    return login_required(_pass_event(view))


def on_shown_event(view: EventView) -> Callable[..., HttpResponseBase]:
    """Pass the event to the view of a form that its page contains. From the login readers come back to that page."""
    passing = _pass_event(view)

    @wraps(view)
    def wrapped(request: HttpRequest, pk: int) -> HttpResponseBase:
        return passing(request, pk) if request.user.is_authenticated else redirect_to_login(_url(request, pk))

    return wrapped


def _pass_event(view: EventView) -> Callable[..., HttpResponseBase]:
    @wraps(view)
    def wrapped(request: HttpRequest, pk: int, **kwargs: int) -> HttpResponseBase:
        response = view(request, visible_event_or_404(request, pk), **kwargs)
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
    return _url(request, event.pk, page)


def _url(request: HttpRequest, pk: int, page: str = "events:detail") -> str:
    invite = invite_of(request)
    url = reverse(page, args=[pk])
    return f"{url}?{urlencode({'invite': invite})}" if invite else url
