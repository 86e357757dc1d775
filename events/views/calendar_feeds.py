"""Calendar feeds: events at URLs to which calendar programs subscribe."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotFound
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.requests import time_of
from config.web.sharing import share
from events.models import CalendarFeed
from events.presentation.calendar_feeds import Feed, personal_feed, personal_feed_with_alarms, public_feed
from events.presentation.rail import BrowsingQuery

# Larger feeds are not shared. A URL can be spelt in any number of ways, and nginx keeps each in memory as another one.
MAX_SHARED_BYTES = 100_000


@require_safe
def show_feed(request: HttpRequest) -> HttpResponse:
    """Send public events: all of them, or those that `q` finds, and of the organiser whose username is `author`."""
    author = request.GET.get("author")
    return _public(request, _organiser_or_404(author) if author else None)


@require_safe
def show_organiser_feed(request: HttpRequest, username: str) -> HttpResponse:
    """Send the public events of one organiser, or those of them that `q` finds."""
    return _public(request, _organiser_or_404(username))


@require_safe
def show_personal_feed(request: HttpRequest, token: str) -> HttpResponse:
    """Send what the owner of the token has subscribed to and posted; with `alarms=1`, also when to show alarms."""
    found = CalendarFeed.objects.usable().with_token(token).select_related("user").first()
    if found is None:
        return HttpResponseNotFound(_("This calendar link doesn’t work."), content_type="text/plain; charset=utf-8")
    alarms = request.GET.get("alarms", "")
    if alarms not in {"", "1"}:
        raise Http404
    make = personal_feed_with_alarms if alarms else personal_feed
    response = _send(request, make(found.user, site=_site(request), at=time_of(request)))
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _public(request: HttpRequest, organiser: User | None) -> HttpResponse:
    text = BrowsingQuery.parse({"q": request.GET.get("q", "")}).text
    feed = public_feed(site=_site(request), at=time_of(request), text=text, organiser=organiser)
    response = _send(request, feed)
    patch_cache_control(response, no_cache=True)
    if len(response.content) <= MAX_SHARED_BYTES:
        share(request, response)
    return response


def _organiser_or_404(username: str) -> User:
    return get_object_or_404(User.objects.active(), username=username.lower())


def _site(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("events:home"))


def _send(request: HttpRequest, feed: Feed) -> HttpResponse:
    """Return the feed, or 304 if the program has this version of it already."""
    response = None
    if "If-None-Match" in request.headers:
        etag = feed.etag()
        response = get_conditional_response(request, etag=etag)
    if response is None:
        file = feed.file()
        etag, response = file.etag, HttpResponse(file.content, content_type="text/calendar; charset=utf-8")
    response["ETag"], response["X-Robots-Tag"] = etag, "noindex"
    return response
