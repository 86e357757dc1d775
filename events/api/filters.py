"""The query parameters of `GET /events/`."""

from typing import Any

import django_filters
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import extend_schema_field

from accounts.requests import time_of
from config.api.filters import EMPTY, FlagFilter, InstantFilter
from events.models import Event
from events.querysets import EventQuerySet
from events.search import MAX_SEARCH_LENGTH, MAX_SEARCH_WORDS


@extend_schema_field({"anyOf": [{"type": "string", "enum": Event.State.values}, EMPTY]})
class StateFilter(django_filters.ChoiceFilter):
    """One of the states."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=Event.State.choices, **options)


class EventFilter(FilterSet):
    """Reduce the events that the reader may see to the list that they ask for.

    Without parameters, these are the public events that have been neither cancelled nor deleted and have not ended.
    """

    q = django_filters.CharFilter(
        max_length=MAX_SEARCH_LENGTH,
        help_text=(
            "Words that must all occur in the `headline`, `location` or `description`, in any order, also within "
            "longer words. Case, accents and kinds of apostrophe make no difference. "
            f"At most {MAX_SEARCH_WORDS} words count, the longest ones."
        ),
    )
    author = django_filters.CharFilter(max_length=150, help_text="Username of the organiser.")
    starts_after = InstantFilter(help_text="Starts at this moment or later.")
    starts_before = InstantFilter(help_text="Starts before this moment.")
    subscribed = FlagFilter(
        help_text="`true`: your subscriptions, including private and cancelled events; `false`: everything else."
    )
    state = StateFilter(help_text="`private` and `draft` list your own events, including cancelled ones.")
    past = FlagFilter(help_text="`true`: past events, latest first.")

    class Meta:
        model = Event
        fields: list[str] = []

    def filter_queryset(self, queryset: EventQuerySet) -> EventQuerySet:
        asked = self.form.cleaned_data
        events = self._kept_for_reader(queryset, asked)
        if asked["state"]:
            events = events.filter(state=asked["state"])
        if asked["q"]:
            events = events.matching(asked["q"])
        if asked["author"]:
            events = events.filter(author__username=asked["author"])
        if asked["starts_after"]:
            events = events.filter(starts_at__gte=asked["starts_after"])
        if asked["starts_before"]:
            events = events.filter(starts_at__lt=asked["starts_before"])
        at = time_of(self.request)
        return events.past(at) if asked["past"] else events.upcoming(at)

    def _kept_for_reader(self, queryset: EventQuerySet, asked: dict[str, Any]) -> EventQuerySet:
        """Return the reader's own events, the events that they are subscribed to, or those that are listed for all."""
        reader = self.request.user
        asks_for_own = asked["state"] in {Event.State.PRIVATE, Event.State.DRAFT}
        if not reader.is_authenticated and (asked["subscribed"] or asks_for_own):
            return queryset.none()
        if asked["subscribed"]:
            return queryset.subscribed_by(reader)
        if asks_for_own:
            return queryset.owned_by(reader)
        events = queryset.listed()
        return events.filter(is_subscribed=False) if asked["subscribed"] is False else events
