"""Calendar feeds: events at URLs to which calendar programs subscribe."""

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.requests import time_of
from events.calendars.writer import write_calendar
from events.models import CalendarFeed, Event
from events.querysets import EventQuerySet


@require_safe
def show_feed(request: HttpRequest) -> HttpResponse:
    """Send the public events."""
    return _send(request, Event.objects.public())


@require_safe
def show_organiser_feed(request: HttpRequest, username: str) -> HttpResponse:
    """Send the public events of one organiser."""
    organiser = get_object_or_404(User.objects.active(), username=username.lower())
    return _send(request, Event.objects.public().owned_by(organiser))


@require_safe
def show_personal_feed(request: HttpRequest, token: str) -> HttpResponse:
    """Send the events of the user whose token this is."""
    feed = CalendarFeed.objects.usable().with_token(token).select_related("user").first()
    if feed is None:
        raise Http404
    return _send(request, Event.objects.subscribed_by(feed.user))


def _send(request: HttpRequest, events: EventQuerySet) -> HttpResponse:
    at = time_of(request)
    shown = events.starting_between(at - timedelta(days=30), at + timedelta(days=366)).for_page(request.user)
    content = write_calendar(
        shown[:1_000],
        url_of=lambda each: request.build_absolute_uri(each.get_absolute_url()),
        leads_of=lambda _event: (),
    )
    return HttpResponse(content, content_type="text/calendar; charset=utf-8")
