"""Rows of lists: subscribing on one, and showing one by itself, with which a script replaces that of the page."""

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import AuthenticatedRequest
from config.web.forms import posted_next, refusals_as_messages
from events.models import Event
from events.presentation.shown import undo_tag
from events.services import subscribe
from events.views.access import invite_of, on_event


@require_safe
@on_event
def show_row(request: AuthenticatedRequest, event: Event) -> HttpResponse:
    """Show the row of a list, below the heading of `day`, and the messages about it."""
    try:
        day = date.fromisoformat(request.GET["day"]) if request.GET.get("day") else None
    except ValueError as error:
        raise Http404 from error
    return render(request, "events/row.html", {"events": [event], "day": day})


@require_POST
@on_event
def subscribe_on_row(request: AuthenticatedRequest, event: Event) -> HttpResponse:
    """Subscribe with the user's default reminder times. The row that shows the message offers to undo it."""
    at = request.at()
    with refusals_as_messages(request):
        subscription = subscribe(event, actor=request.user, at=at, invite=invite_of(request))
        said = _("You’re subscribed to “%(title)s”.") % {"title": event.headline}
        if any(reminder.due_at and reminder.due_at <= at for reminder in subscription.new_reminders):
            said = _("You’re subscribed to “%(title)s”. A reminder is on its way.") % {"title": event.headline}
        messages.success(request, said, extra_tags=undo_tag(event))
    return redirect(posted_next(request) or event)
