"""An event's own page, and what its readers do there: subscribe, choose when to be reminded, unsubscribe."""

from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import AuthenticatedRequest, ReaderRequest
from accounts.zones import zone_like, zone_of
from config.web.forms import posted, posted_next
from config.web.stored_pages import VisitorsPage
from events.forms import Offer, SubscriptionForm
from events.models import Event, Subscription
from events.presentation.cancellation import cancellation_reason
from events.presentation.promises import leads_for, promise_for, reach_of
from events.presentation.shown import EventSnapshot, Reader, ShownEvent
from events.presentation.times import event_distance
from events.presentation.versions import event_version
from events.services import planned_reminders, set_leads, subscribe, unsubscribe
from events.starts import Start
from events.views.access import invite_of, on_shown_event, url_of, visible_event_or_404


class Acted(StrEnum):
    """What a reader has just done in the panel, as a tag of its message: the panel shows it and gets the focus."""

    SUBSCRIBED = "subscribed"
    SAVED = "saved"
    UNSUBSCRIBED = "unsubscribed"


def show_event(request: ReaderRequest, pk: int) -> HttpResponse:
    at = request.at()
    page = VisitorsPage(
        render=lambda: _render_event(request, visible_event_or_404(request, pk)),
        read_version=lambda: event_version(pk, at=at),
    )
    return page.respond(request, at=at)


@require_POST
@on_shown_event
def subscribe_to_event(request: AuthenticatedRequest, event: Event) -> HttpResponse:
    form, at = _sent_form(request, event), request.at()
    if form.is_valid():
        leads = form.cleaned_data["leads"]
        with form.refusals():
            subscribe(event, actor=request.user, at=at, leads=leads, invite=invite_of(request))
            catches_up = at in planned_reminders(start=Start.of(event), leads=leads, at=at).values()
            reminded = _("You’re subscribed. A reminder is on its way.") if catches_up else ""
            messages.success(request, reminded or _("You’re subscribed."), extra_tags=Acted.SUBSCRIBED)
            return redirect(posted_next(request) or event)
    return _render_event(request, event, form)


@require_POST
@on_shown_event
def change_leads(request: AuthenticatedRequest, event: Event) -> HttpResponse:
    subscription = get_object_or_404(Subscription.objects.owned_by(request.user), event=event)
    form = _sent_form(request, event)
    if form.is_valid():
        with form.refusals():
            set_leads(subscription, at=request.at(), leads=form.cleaned_data["leads"])
            messages.success(request, _("Reminder times saved."), extra_tags=Acted.SAVED)
            return redirect(event)
    return _render_event(request, event, form)


@require_POST
@on_shown_event
def unsubscribe_from_event(request: AuthenticatedRequest, event: Event) -> HttpResponse:
    if unsubscribe(event, actor=request.user):
        text = _("You’ve unsubscribed from “%(headline)s”.") % {"headline": event.headline}
        messages.success(request, text, extra_tags=Acted.UNSUBSCRIBED)
    # Subscribers who are not the organiser may no longer see a private event.
    return redirect(posted_next(request) or (event if event.state == Event.State.PUBLIC else "events:subscriptions"))


@require_safe
@never_cache
def show_promise(request: ReaderRequest, pk: int) -> HttpResponse:
    """Show what a form of the event's page would promise, and its errors, for the script that keeps them up to date."""
    event = visible_event_or_404(request, pk)
    form = SubscriptionForm(request.GET, offer=_offer(request, event))
    form.is_valid()
    context = {"form": form, "reach": reach_of(request.user), **_promised(request, event, form)}
    return render(request, "events/_promised.html", context)


@require_safe
@never_cache
def show_own_time(request: ReaderRequest, pk: int) -> HttpResponse:
    """Show the event's time in the time zone `zone`, for the script of visitors, whose zone only the browser knows."""
    event, zone = visible_event_or_404(request, pk), zone_like(request.GET.get("zone", ""))
    reader = Reader.of(zone_of(zone) if zone else None, at=request.at())
    shown = ShownEvent(EventSnapshot.of(event, at=request.at()), reader, is_own=False)
    return render(request, "events/_own_time.html", {"own": shown.own_time})


def _render_event(request: ReaderRequest, event: Event, form: SubscriptionForm | None = None) -> HttpResponse:
    """Show the event's page. `form` is a form of it that was sent and is shown with its errors."""
    at, zone = request.at(), request.zone()
    is_own, share_link = event.author_id == request.user.pk, _share_link(request, event)
    context = {
        "event": event,
        "shown": ShownEvent(EventSnapshot.of(event, at=at), Reader.of(zone, at=at), is_own),
        "is_member": request.user.is_authenticated,
        # The organiser's panel shows the link of their private event, because that is the only way to it.
        "is_inviting": share_link != "" and event.state == Event.State.PRIVATE and is_own,
        "share_link": share_link,
        **_promised(request, event, form),
        "reach": reach_of(request.user),
        "offer": _offer(request, event),
        "form": form,
        "distance": event_distance(event, zone, at=at),
        "has_begun": event.has_begun(at),
        "is_over": event.is_over(at),
        "cancellation_reason": cancellation_reason(event, reader=request.user),
        **_links(request, event),
        **_messages(request),
    }
    response = render(request, "events/event_detail.html", context)
    if request.user.is_authenticated or event.state != Event.State.PUBLIC:
        add_never_cache_headers(response)
    return response


def _promised(request: ReaderRequest, event: Event, form: SubscriptionForm | None) -> dict[str, Any]:
    """Return the promise, and whether it is that of a form whose leads are not those that the reader has chosen."""
    chosen, is_given = leads_for(event, request.user), event.is_subscribed  # type: ignore[attr-defined]  # an annotation
    leads = form.cleaned_data.get("leads", chosen) if form else chosen
    return {
        "promise": promise_for(event, leads=leads, at=request.at(), zone=request.zone(), is_given=is_given),
        "is_unsaved": is_given and {*leads} != {*chosen},
    }


def _messages(request: ReaderRequest) -> dict[str, Any]:
    """Return the messages, and apart from them what the reader has just done in the panel, which shows it itself."""
    if not request.user.is_authenticated:
        return {}
    shown = list(messages.get_messages(request))
    acted = next((message for message in shown if message.extra_tags in [*Acted]), None)
    others = [message for message in shown if message is not acted]
    return {
        "messages": others,
        "acted": acted.extra_tags if acted else "",
        "acted_text": str(acted.message) if acted else "",
    }


def _links(request: HttpRequest, event: Event) -> dict[str, str]:
    """Return the URLs that the page needs. `page_url` contains no invite; the others keep the one in the request."""
    return {
        "page_url": request.build_absolute_uri(event.get_absolute_url()),
        "calendar_file": url_of(event, request, page="events:calendar"),
        "own_time_url": url_of(event, request, page="events:own_time"),
        "report_url": url_of(event, request, page="events:report") if event.author_id != request.user.pk else "",
    }


def _share_link(request: HttpRequest, event: Event) -> str:
    """Return the URL at which others can see the event.

    It is empty if the reader has none to share: nobody else can see a draft, and a private event needs an invite.
    """
    if event.is_cancelled or event.is_draft:
        return ""
    url = request.build_absolute_uri(event.get_absolute_url())
    if event.state == Event.State.PUBLIC:
        return url
    may_invite = event.author_id == request.user.pk or invite_of(request) == event.invite_token
    return f"{url}?{urlencode({'invite': event.invite_token})}" if may_invite else ""


def _sent_form(request: ReaderRequest, event: Event) -> SubscriptionForm:
    return SubscriptionForm(request.POST, offer=_offer(request, event))


def _offer(request: ReaderRequest, event: Event) -> Offer:
    """Return the reminder times that the page offers the reader."""
    return Offer.of(
        event,
        leads=leads_for(event, request.user),
        at=request.at(),
        zone=request.zone(),
        catch_up=not event.is_subscribed,  # type: ignore[attr-defined]  # an annotation
        data=posted(request),
        invite=invite_of(request),
    )
