"""The organiser's pages about an event's subscribers: list them, remove them, and renew the invite link."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from config.database import read_id
from config.web.forms import posted, refusals_as_messages
from events import services
from events.forms import SinceForm
from events.models import Event, Subscription
from events.presentation.subscribers import position_in, removable_page, removed_page, subscriber_page
from events.services import MAX_REMOVED_AT_ONCE
from events.views.access import on_own_event


@require_safe
@on_own_event
def show_subscribers(request: AuthenticatedRequest, event: Event) -> HttpResponse:
    """Show the organiser who is subscribed, when each subscriber is reminded, and who was removed."""
    at, zone = request.at(), request.zone()
    page = subscriber_page(event, before=_position(request, "before"), zone=zone, at=at)
    removed = removed_page(event, before=_position(request, "removed_before"), zone=zone, at=at)
    return render(request, "events/event_subscribers.html", {"event": event, "page": page, "removed": removed})


@on_own_event
def remove_one_subscriber(request: AuthenticatedRequest, event: Event, user_pk: int) -> HttpResponse:
    """Ask for confirmation, then remove one subscriber. If they unsubscribe in the meantime, they are barred too."""
    if request.method == "POST":
        with refusals_as_messages(request):
            services.remove_subscriber(event, actor=request.user, user_id=user_pk, at=request.at())
            messages.success(request, _("Subscriber removed."))
        return redirect("events:subscribers", event.pk)
    subscription = (
        Subscription.objects.of_event(event)
        .filter(user__in=User.objects.filter(pk=user_pk))
        .select_related("user")
        .first()
    )
    if subscription is None:
        return redirect("events:subscribers", event.pk)
    context = {"event": event, "person": subscription.user}
    return render(request, "events/event_confirm_remove.html", context)


@require_POST
@on_own_event
def allow_removed(request: AuthenticatedRequest, event: Event, user_pk: int) -> HttpResponse:
    with refusals_as_messages(request):
        if services.allow_again(event, actor=request.user, user_id=user_pk):
            messages.success(request, _("They can subscribe again."))
    return redirect("events:subscribers", event.pk)


@on_own_event
def renew_own_invite(request: AuthenticatedRequest, event: Event) -> HttpResponse:
    """Renew the invite. If a day is given, redirect to the page that removes those who subscribed since then."""
    form = _since_form(request, posted(request), required=False)
    if form.is_valid():
        with refusals_as_messages(request):
            services.renew_invite(event, actor=request.user)
            messages.success(request, _("New invite link created. The old link no longer works."))
            if form.cleaned_data["since"]:
                return redirect(_removing_url(event, since=form.cleaned_data["since"].isoformat()))
        return redirect(event)
    return render(request, "events/event_renew_invite.html", {"form": form, "event": event})


@on_own_event
def remove_old_invite_subscribers(request: AuthenticatedRequest, event: Event) -> HttpResponse:
    """Show a page of those who subscribed since a day and before the last renewal, and remove those who are ticked.

    A request removes at most as many as a page shows, so that it stays short however many there are.
    """
    form = _since_form(request, request.GET if "since" in request.GET else None, required=True)
    if request.method == "POST":
        return _remove_ticked(request, event, since=request.GET.get("since", ""))
    context = {"form": form, "event": event}
    if form.is_valid():
        before = _position(request, "before")
        page, count = removable_page(event, since=form.moment(), before=before, zone=request.zone(), at=request.at())
        context |= {"page": page, "count": count}
    return render(request, "events/event_remove_old_invite.html", context)


def _remove_ticked(request: AuthenticatedRequest, event: Event, *, since: str) -> HttpResponse:
    """Remove the subscribers who are ticked, then redirect to the next page."""
    ticked, older = _ticked(request)
    with refusals_as_messages(request):
        count = services.remove_old_invite_subscribers(
            event, actor=request.user, subscription_ids=ticked, at=request.at()
        )
        text = ngettext("%(n)d subscriber removed.", "%(n)d subscribers removed.", count)
        messages.success(request, text % {"n": count})
    if older:
        return redirect(_removing_url(event, since=since, before=str(older)))
    return redirect("events:subscribers", event.pk)


def _ticked(request: AuthenticatedRequest) -> tuple[list[int], int | None]:
    """Return the ids of the ticked subscriptions, and the id from which the next page continues.

    Raises:
        BadRequest
    """
    texts = request.POST.getlist("subscription")
    if len(texts) > MAX_REMOVED_AT_ONCE:
        raise BadRequest(f"At most {MAX_REMOVED_AT_ONCE} subscribers can be removed at once.")
    try:
        return list(map(read_id, texts)), position_in(request.POST.dict(), "older")
    except ValueError as error:
        raise BadRequest("The form does not send such ids.") from error


def _since_form(request: AuthenticatedRequest, data: object, *, required: bool) -> SinceForm:
    return SinceForm(data, zone=request.zone(), at=request.at(), required=required)


def _removing_url(event: Event, **query: str) -> str:
    return f"{reverse('events:remove_old_invite', args=[event.pk])}?{urlencode(query)}"


def _position(request: AuthenticatedRequest, name: str) -> int | None:
    """Return the id of the row from which a list continues.

    Raises:
        Http404
    """
    try:
        return position_in(request.GET.dict(), name)
    except ValueError as error:
        raise Http404 from error
