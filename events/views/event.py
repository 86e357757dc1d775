"""An event's own page, and what its readers do there: subscribe, choose when to be reminded, unsubscribe."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.requests import AuthenticatedRequest, ReaderRequest
from config.web.forms import posted, posted_next
from config.web.stored_pages import VisitorsPage
from events.forms import Offer, SubscriptionForm
from events.models import Event, Subscription
from events.presentation.cancellation import cancellation_reason
from events.presentation.promises import leads_for, promise_to, reach_of
from events.presentation.shown import EventSnapshot, Reader, ShownEvent
from events.presentation.versions import event_version
from events.services import planned_reminders, set_leads, subscribe, unsubscribe
from events.starts import Start
from events.views.access import invite_of, on_shown_event, url_of, visible_event_or_404


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
            messages.success(request, reminded or _("You’re subscribed."))
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
            messages.success(request, _("Reminder times saved."))
            return redirect(event)
    return _render_event(request, event, form)


@require_POST
@on_shown_event
def unsubscribe_from_event(request: AuthenticatedRequest, event: Event) -> HttpResponse:
    if unsubscribe(event, actor=request.user):
        messages.success(request, _("You’ve unsubscribed from “%(headline)s”.") % {"headline": event.headline})
    # Subscribers who are not the organiser may no longer see a private event.
    return redirect(posted_next(request) or (event if event.state == Event.State.PUBLIC else "events:subscriptions"))


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
        "promise": promise_to(request.user, event, at=at, zone=zone),
        "reach": reach_of(request.user),
        "offer": _offer(request, event),
        "form": form,
        "has_begun": event.has_begun(at),
        "is_over": event.is_over(at),
        "cancellation_reason": cancellation_reason(event, reader=request.user),
        **_links(request, event),
    }
    response = render(request, "events/event_detail.html", context)
    if request.user.is_authenticated or event.state != Event.State.PUBLIC:
        add_never_cache_headers(response)
    return response


def _links(request: HttpRequest, event: Event) -> dict[str, str]:
    """Return the URLs that the page needs. `page_url` contains no invite; the others keep the one in the request."""
    return {
        "page_url": request.build_absolute_uri(event.get_absolute_url()),
        "calendar_file": url_of(event, request, page="events:calendar"),
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
