"""Lists of events: home, a month, an organiser's, the user's own, and those that the user is subscribed to."""

from datetime import date
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import add_never_cache_headers
from django.views.generic import TemplateView

from accounts.models import User
from accounts.requests import ReaderRequest
from config.web.fragments import Params
from events.models import Event
from events.presentation.month import month_of
from events.presentation.rail import CALENDAR_YEARS, BrowsingQuery, rail_page, strip_of
from events.querysets import EventQuerySet


class BrowsingView(TemplateView):
    """Events as the URL asks for them. Caches may keep the page unless the reader is logged in."""

    request: ReaderRequest

    def get_query(self) -> BrowsingQuery:
        try:
            return BrowsingQuery.parse(self.request.GET.dict())
        except ValueError as error:
            raise Http404 from error

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(params=Params(self.request.GET.urlencode()), **kwargs)

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
        request = self.request
        events = self.get_events().for_list(request.user).with_leads_of(request.user)
        page = rail_page(events, self.get_query(), at=request.at(), zone=request.zone())
        return super().get_context_data(page=page, **kwargs)


class HomeView(RailView):
    """Public events, with a strip of the weeks ahead above them."""

    template_name = "events/event_list.html"

    def get_events(self) -> EventQuerySet:
        return Event.objects.listed()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        page = context["page"]
        if not page.query.is_filtered:
            strip = strip_of(self.get_events(), page, at=self.request.at(), zone=self.request.zone())
            context["strip"] = tuple(strip)
        return context


class MonthView(BrowsingView):
    """The public events of a month, including past ones."""

    template_name = "events/event_month.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        year, month = kwargs["year"], kwargs["month"]
        if year not in CALENDAR_YEARS or not 1 <= month <= 12:
            raise Http404
        request, first = self.request, date(year, month, 1)
        events = Event.objects.listed().for_month(request.user)
        page = month_of(events, self.get_query(), first=first, at=request.at(), zone=request.zone())
        return super().get_context_data(page=page, **kwargs)


class OrganiserView(RailView):
    """The public events of one organiser."""

    template_name = "events/organiser.html"

    def get_events(self) -> EventQuerySet:
        return Event.objects.listed().owned_by(self.organiser)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.organiser = get_object_or_404(User.objects.active(), username=self.kwargs["username"].lower())
        return super().get_context_data(organiser=self.organiser, **kwargs)


class MyEventsView(LoginRequiredMixin, RailView):
    """The user's own events in every state."""

    template_name = "events/event_mine.html"

    def get_events(self) -> EventQuerySet:
        return Event.objects.owned_by(self.request.user)


class MySubscriptionsView(LoginRequiredMixin, RailView):
    """The events that the user is subscribed to, including cancelled ones."""

    template_name = "events/subscription_list.html"

    def get_events(self) -> EventQuerySet:
        return Event.objects.subscribed_by(self.request.user)
