"""Pages about events: lists, the event's own page, and what one does with an event."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView

from accounts.models import default_leads
from accounts.views import Reader
from config.database import database_now
from config.forms import refusals_as_messages
from events.clocks import reader_zone
from events.exceptions import EventCancelled, NotAuthor
from events.forms import CancelForm, EventForm, MessageForm, SubscriptionForm
from events.models import Event, Subscription
from events.promises import chosen_leads, promise_for
from events.querysets import EventQuerySet
from events.services import (
    announce,
    cancel_event,
    create_event,
    delete_event,
    planned_reminders,
    set_leads,
    subscribe,
    unsubscribe,
    update_event,
)
from events.timeline import Query, page_of, strip_of

EventView = Callable[[Reader, Event], HttpResponse]


class RailView(TemplateView):
    """A list of events as a rail of days."""

    def get_events(self) -> EventQuerySet:
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        at, zone = timezone.now(), reader_zone(user)
        try:
            query = Query.parse(self.request.GET.dict())
        except ValueError as error:
            raise Http404 from error
        events = self.get_events().for_list(user).with_leads_of(user)
        page = page_of(events, query, at=at, zone=zone)
        return super().get_context_data(page=page, at=at, zone=zone, **kwargs)

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response = super().render_to_response(context, **kwargs)
        if self.request.user.is_authenticated:
            add_never_cache_headers(response)
        return response


class HomeView(RailView):
    """What is on, for everybody; above it the weeks ahead."""

    template_name = "events/event_list.html"

    def get_events(self) -> EventQuerySet:
        return Event.objects.listed()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        page = context["page"]
        if not page.query.text and not page.query.is_past:
            context["strip"] = strip_of(self.get_events(), page, at=context["at"], zone=context["zone"])
        return context


class MyEventsView(LoginRequiredMixin, RailView):
    """One's own events in every state."""

    template_name = "events/event_mine.html"

    def get_events(self) -> EventQuerySet:
        return Event.objects.owned_by(self.request.user)


class MySubscriptionsView(LoginRequiredMixin, RailView):
    """The events one follows, cancelled ones too."""

    template_name = "events/subscription_list.html"

    def get_events(self) -> EventQuerySet:
        return Event.objects.subscribed_by(self.request.user)


def visible_event_or_404(request: HttpRequest, pk: int) -> Event:
    """Return what the event's pages show, with the reader's leads; 404 for what the reader may not see. One query."""
    events = Event.objects.visible_to(request.user, invite=_invite(request)).for_page(request.user)
    event: Event = get_object_or_404(events.with_leads_of(request.user), pk=pk)
    return event


def on_event(view: EventView) -> Callable[..., HttpResponseBase]:
    """Hand the view the event. Who has not logged in does that first, and lands on the event's page after a POST."""

    @wraps(view)
    def wrapped(request: HttpRequest, pk: int) -> HttpResponseBase:
        event = visible_event_or_404(request, pk)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path() if request.method == "GET" else _address(event, request))
        response = view(request, event)  # type: ignore[arg-type]
        add_never_cache_headers(response)
        return response

    return wrapped


def on_own_event(view: EventView) -> Callable[..., HttpResponseBase]:
    """Hand the view the user's own event; 403 for somebody else's that they may see."""

    @wraps(view)
    def wrapped(request: Reader, event: Event) -> HttpResponse:
        if event.author_id != request.user.pk:
            raise PermissionDenied(NotAuthor.message)
        return view(request, event)

    return on_event(wrapped)


def show_event(request: HttpRequest, pk: int) -> HttpResponse:
    return _render_event(request, visible_event_or_404(request, pk))


@login_required
@never_cache
def new_event(request: Reader) -> HttpResponse:
    form = EventForm(_posted(request), initial={"time_zone": request.user.time_zone})
    if form.is_valid():
        with form.refusals():
            event = create_event(actor=request.user, at=database_now(), **form.facts())
            messages.success(request, _("Your event is posted.") if not event.is_draft else _("Your draft is kept."))
            return redirect(event)
    return render(request, "events/event_form.html", {"form": form})


@on_own_event
def edit_event(request: Reader, event: Event) -> HttpResponse:
    form = EventForm(_posted(request), event=event)
    if event.is_cancelled and not form.is_bound:
        messages.error(request, EventCancelled.message)
        return redirect(event)
    if form.is_valid():
        revision = form.cleaned_data["revision"]
        with form.refusals():
            update_event(event, actor=request.user, at=database_now(), expected_revision=revision, **form.changes())
            messages.success(request, _("Your changes are saved."))
            return redirect(event)
    context = {"form": form, "event": event, "is_over": event.is_over(timezone.now())}
    return render(request, "events/event_form.html", context)


@on_own_event
def cancel_own_event(request: Reader, event: Event) -> HttpResponse:
    form = CancelForm(_posted(request))
    if form.is_valid():
        with form.refusals():
            cancel_event(event, actor=request.user, at=database_now(), reason=form.cleaned_data["reason"])
            messages.success(request, _("The event is cancelled. Its subscribers are being told."))
            return redirect(event)
    return render(request, "events/event_confirm_cancel.html", {"form": form, "event": event, "at": timezone.now()})


@on_own_event
def delete_own_event(request: Reader, event: Event) -> HttpResponse:
    if request.method == "POST":
        with refusals_as_messages(request):
            delete_event(event, actor=request.user, at=database_now())
            messages.success(request, _("“%(headline)s” is deleted.") % {"headline": event.headline})
        return redirect("events:mine")
    at = timezone.now()
    context = {"event": event, "at": at, "tells": not event.is_cancelled and not event.is_over(at)}
    return render(request, "events/event_confirm_delete.html", context)


@on_own_event
def announce_to_subscribers(request: Reader, event: Event) -> HttpResponse:
    form = MessageForm(_posted(request))
    if form.is_valid():
        with form.refusals():
            sent = announce(event, actor=request.user, at=database_now(), message=form.cleaned_data["message"])
            count = sent.event.subscriber_count
            told = ngettext(
                "Your message is on its way to %(n)d subscriber.",
                "Your message is on its way to %(n)d subscribers.",
                count,
            )
            messages.success(request, told % {"n": count})
            return redirect(event)
    return render(request, "events/event_announce.html", {"form": form, "event": event, "at": timezone.now()})


@require_POST
@on_event
def subscribe_to_event(request: Reader, event: Event) -> HttpResponse:
    form, at = _subscription_form(request, event), database_now()
    if form.is_valid():
        leads = form.cleaned_data["leads"]
        with form.refusals():
            subscribe(event, actor=request.user, at=at, leads=leads)
            catches_up = at in planned_reminders(starts_at=event.starts_at, leads=leads, at=at).values()
            told = _("You follow this event now. Its reminder is on its way.") if catches_up else ""
            messages.success(request, told or _("You follow this event now."))
            return redirect(event)
    return _render_event(request, event, form)


@require_POST
@on_event
def change_leads(request: Reader, event: Event) -> HttpResponse:
    subscription = get_object_or_404(Subscription.objects.owned_by(request.user), event=event)
    form = _subscription_form(request, event)
    if form.is_valid():
        with form.refusals():
            set_leads(subscription, at=database_now(), leads=form.cleaned_data["leads"])
            messages.success(request, _("Your reminders are changed."))
            return redirect(event)
    return _render_event(request, event, form)


@require_POST
@on_event
def unsubscribe_from_event(request: Reader, event: Event) -> HttpResponse:
    if unsubscribe(event, actor=request.user):
        messages.success(request, _("You follow “%(headline)s” no longer.") % {"headline": event.headline})
    # A private event can be seen no longer by who came through the list.
    return redirect(event if event.state == Event.State.PUBLIC else "events:subscriptions")


def _render_event(request: HttpRequest, event: Event, form: SubscriptionForm | None = None) -> HttpResponse:
    at, zone, is_given = timezone.now(), reader_zone(request.user), event.is_subscribed  # type: ignore[attr-defined]
    promise = promise_for(event, leads=_leads(request, event), at=at, zone=zone, is_given=is_given)
    context = {
        "event": event,
        "at": at,
        "zone": zone,
        "promise": promise,
        "form": form or _subscription_form(request, event),
        "invite": _invite(request),
        "login_next": _address(event, request),
        "invite_url": request.build_absolute_uri(f"{event.get_absolute_url()}?invite={event.invite_token}"),
        "has_begun": event.has_begun(at),
        "is_over": event.is_over(at),
    }
    response = render(request, "events/event_detail.html", context)
    if request.user.is_authenticated or event.state != Event.State.PUBLIC:
        add_never_cache_headers(response)
    return response


def _posted(request: HttpRequest) -> QueryDict | None:
    """Return what a form is bound to: nothing until it is sent."""
    return request.POST if request.method == "POST" else None


def _subscription_form(request: HttpRequest, event: Event) -> SubscriptionForm:
    return SubscriptionForm(
        _posted(request),
        event=event,
        leads=_leads(request, event),
        at=timezone.now(),
        zone=reader_zone(request.user),
        initial={"invite": _invite(request)},
    )


def _leads(request: HttpRequest, event: Event) -> list[int]:
    """Return the leads that the reader has chosen, or would start with."""
    if event.is_subscribed:  # type: ignore[attr-defined]
        return chosen_leads(event)
    return request.user.default_leads if request.user.is_authenticated else default_leads()


def _invite(request: HttpRequest) -> str:
    return request.POST.get("invite") or request.GET.get("invite", "")


def _address(event: Event, request: HttpRequest) -> str:
    """Return the event's page, with the invite that the reader brought."""
    invite = _invite(request)
    address = reverse("events:detail", args=[event.pk])
    return f"{address}?{urlencode({'invite': invite})}" if invite else address
