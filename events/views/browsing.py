"""Lists of events: home, a month, one's own, those one follows."""

from datetime import date
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.generic import TemplateView

from accounts.models import User
from events.models import Event
from events.presentation.month import month_of
from events.presentation.timeline import CALENDAR_YEARS, TimelineQuery, strip_of, timeline_page
from events.presentation.times import reader_zone
from events.querysets import EventQuerySet


class BrowsingView(TemplateView):
    """Events as the address asks for them; nothing is stored of who has logged in."""

    def get_query(self) -> TimelineQuery:
        try:
            return TimelineQuery.parse(self.request.GET.dict())
        except ValueError as error:
            raise Http404 from error

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response = super().render_to_response(context, **kwargs)
        if self.request.user.is_authenticated:
            add_never_cache_headers(response)
        return response


class RailView(BrowsingView):
    """A list of events as a rail of days."""

    def get_events(self) -> EventQuerySet:
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        at, zone = timezone.now(), reader_zone(user)
        events = self.get_events().for_list(user).with_leads_of(user)
        page = timeline_page(events, self.get_query(), at=at, zone=zone)
        return super().get_context_data(page=page, at=at, zone=zone, **kwargs)


class HomeView(RailView):
    """What is on, for everybody; above it the weeks ahead."""

    template_name = "events/event_list.html"

    def get_events(self) -> EventQuerySet:
        return Event.objects.listed()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        page = context["page"]
        if not page.query.is_filtered:
            context["strip"] = strip_of(self.get_events(), page, at=context["at"], zone=context["zone"])
        return context


class MonthView(BrowsingView):
    """What is and was on in a month, for everybody."""

    template_name = "events/event_month.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        year, month = kwargs["year"], kwargs["month"]
        if year not in CALENDAR_YEARS or not 1 <= month <= 12:
            raise Http404
        user = self.request.user
        at, zone = timezone.now(), reader_zone(user)
        events = Event.objects.listed().with_is_subscribed(user).defer("description", "search_text")
        page = month_of(events, self.get_query(), first=date(year, month, 1), at=at, zone=zone)
        return super().get_context_data(page=page, at=at, zone=zone, **kwargs)


class OrganiserView(RailView):
    """What somebody organises for everybody to see."""

    template_name = "events/organiser.html"

    def get_events(self) -> EventQuerySet:
        return Event.objects.listed().owned_by(self.organiser)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.organiser = get_object_or_404(User.objects.active(), username=self.kwargs["username"].lower())
        return super().get_context_data(organiser=self.organiser, **kwargs)


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
