"""Lists of events: home, a month, an organiser's, the user's own, and those that the user is subscribed to."""

from datetime import date
from functools import partial
from math import inf
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import add_never_cache_headers
from django.views.generic import TemplateView

from accounts.models import User
from accounts.requests import AuthenticatedRequest, ReaderRequest
from config.web.fragments import Params
from config.web.stored_pages import VisitorsPage
from events.models import Event
from events.presentation.month import month_of
from events.presentation.rail import (
    CALENDAR_YEARS,
    BrowsingQuery,
    count_of_week,
    day_counts,
    in_parts,
    public_day_counts,
    rail_page,
    strip_of,
)
from events.presentation.versions import month_version, rail_version
from events.querysets import EventQuerySet
from events.services import feed_of


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


class StoredMixin(BrowsingView):
    """A list for everybody, of which visitors may get a page that is stored."""

    # How old what the version lacks may be.
    stored_seconds = inf

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        render = partial(super().get, request, *args, **kwargs)
        return VisitorsPage(render, self.read_version, self.stored_seconds).respond(request, at=self.request.at())

    def read_version(self) -> Any:
        raise NotImplementedError


class HomeView(StoredMixin, RailView):
    """Public events, with a strip of the weeks ahead above them."""

    template_name = "events/event_list.html"
    # The strip is not part of the version, because it takes longer to read than the page.
    stored_seconds = 1.0

    def read_version(self) -> Any:
        return rail_version(self.get_query(), at=self.request.at())

    def get_events(self) -> EventQuerySet:
        return Event.objects.listed()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        page = context["page"]
        if not page.query.is_filtered:
            at, zone = self.request.at(), self.request.zone()
            count = partial(public_day_counts, second=int(at.timestamp()))
            context["strip"] = tuple(strip_of(page, count, at=at, zone=zone))
        return context


class MonthView(StoredMixin):
    """The public events of a month, including past ones."""

    template_name = "events/event_month.html"

    def get_first_day(self) -> date:
        year, month = self.kwargs["year"], self.kwargs["month"]
        if year not in CALENDAR_YEARS or not 1 <= month <= 12:
            raise Http404
        return date(year, month, 1)

    def read_version(self) -> Any:
        return month_version(self.get_query(), first=self.get_first_day())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        request, first = self.request, self.get_first_day()
        events = Event.objects.listed().for_month(request.user)
        page = month_of(events, self.get_query(), first=first, at=request.at(), zone=request.zone())
        return super().get_context_data(page=page, **kwargs)


class OrganiserView(StoredMixin, RailView):
    """The public events of one organiser."""

    template_name = "events/organiser.html"

    def get_organiser(self) -> User:
        return get_object_or_404(User.objects.active(), username=self.kwargs["username"].lower())

    def get_events(self) -> EventQuerySet:
        return Event.objects.listed().owned_by(self.organiser)

    def read_version(self) -> Any:
        organiser = self.get_organiser()
        version = rail_version(self.get_query(), at=self.request.at(), organiser_id=organiser.pk)
        return version and (organiser.username, version)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.organiser = self.get_organiser()
        return super().get_context_data(organiser=self.organiser, **kwargs)


class MyEventsView(LoginRequiredMixin, RailView):
    """The user's own events in every state."""

    template_name = "events/event_mine.html"

    def get_events(self) -> EventQuerySet:
        return Event.objects.owned_by(self.request.user)


class MySubscriptionsView(LoginRequiredMixin, RailView):
    """The events that the user is subscribed to, including cancelled ones: the next seven days, and what is later."""

    request: AuthenticatedRequest
    template_name = "events/subscription_list.html"

    def get_events(self) -> EventQuerySet:
        return Event.objects.subscribed_by(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(feed=feed_of(self.request.user), **kwargs)
        page, at, zone = context["page"], self.request.at(), self.request.zone()
        if not page.query.is_filtered:
            strip = strip_of(page, partial(day_counts, self.get_events(), at=at), at=at, zone=zone)
            context |= {"strip": tuple(strip), "page": in_parts(page, at=at, zone=zone)}
            if page.query.is_first_page:
                context["week_count"] = count_of_week(page, strip)
        return context
