"""The page of settings with the link to the user's calendar feed, which can be created, renewed and removed there."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.logins import login_required
from accounts.requests import AuthenticatedRequest
from config.web.forms import refusals_as_messages
from events.services import feed_of, remove_feed, renew_feed


@login_required
@never_cache
def show_calendar_link(request: AuthenticatedRequest) -> HttpResponse:
    """Show the link, or create it. With `alarms` in the URL, calendars that use the link also remind the user."""
    feed = feed_of(request.user)
    if request.method == "POST":
        # A form of a page that has been open since then must not end a link that is in use.
        if feed is None:
            with refusals_as_messages(request):
                renew_feed(request.user, at=request.at())
                messages.success(request, _("Calendar link created."))
        return redirect("events:calendar_link")
    context: dict[str, object] = {"feed": feed}
    if feed:
        has_alarms = request.GET.get("alarms") == "1"
        path = reverse("events:personal_feed", args=[feed.token], query={"alarms": 1} if has_alarms else None)
        context |= {"has_alarms": has_alarms, "path": path, "url": request.build_absolute_uri(path)}
    return render(request, "events/calendar_link.html", context)


@login_required
@never_cache
def renew_calendar_link(request: AuthenticatedRequest) -> HttpResponse:
    """Ask for confirmation, then give the link a new secret. Without a link, show the page that creates one."""
    if feed_of(request.user) is None:
        return redirect("events:calendar_link")
    if request.method == "POST":
        with refusals_as_messages(request):
            renew_feed(request.user, at=request.at())
            messages.success(request, _("New calendar link created. The old link no longer works."))
        return redirect("events:calendar_link")
    return render(request, "events/calendar_link_confirm_renew.html")


@login_required
@never_cache
def remove_calendar_link(request: AuthenticatedRequest) -> HttpResponse:
    """Ask for confirmation, then remove the link. Without a link, show the page that creates one."""
    if feed_of(request.user) is None:
        return redirect("events:calendar_link")
    if request.method == "POST":
        remove_feed(request.user)
        messages.success(request, _("Calendar link removed."))
        return redirect("events:calendar_link")
    return render(request, "events/calendar_link_confirm_remove.html")
