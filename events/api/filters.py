"""The query parameters of `GET /events/`."""

from datetime import datetime
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
        return listed_events(queryset, reader=self.request.user, at=time_of(self.request), **asked)


def listed_events(
    visible: EventQuerySet,
    *,
    reader: Any,
    at: datetime,
    q: str,
    author: str,
    starts_after: datetime | None,
    starts_before: datetime | None,
    subscribed: bool | str,
    state: str,
    past: bool | str,
) -> EventQuerySet:
    """Return those of the events visible to the reader that the filters ask for. Empty filters ask for nothing."""
    events = _kept_for_reader(visible, reader, subscribed=subscribed, state=state)
    if state:
        events = events.filter(state=state)
    if q:
        events = events.matching(q)
    if author:
        events = events.filter(author__username=author)
    if starts_after:
        events = events.filter(starts_at__gte=starts_after)
    if starts_before:
        events = events.filter(starts_at__lt=starts_before)
    return events.past(at) if past else events.upcoming(at)


def _kept_for_reader(visible: EventQuerySet, reader: Any, *, subscribed: bool | str, state: str) -> EventQuerySet:
    """Return the reader's own events, the events that they are subscribed to, or those that are listed for all."""
    asks_for_own = state in {Event.State.PRIVATE, Event.State.DRAFT}
    if not reader.is_authenticated and (subscribed or asks_for_own):
        return visible.none()
    if subscribed:
        return visible.subscribed_by(reader)
    if asks_for_own:
        return visible.owned_by(reader)
    events = visible.listed()
    return events.filter(is_subscribed=False) if subscribed is False else events
