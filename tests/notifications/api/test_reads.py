"""Test that notifications which are read without serializers look as serializers show them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings, strategies

from accounts.models import User
from events.models import Event
from notifications.models import Notification
from tests.makers import Api
from tests.reads import assert_same_pages_with_serializers, assert_same_with_serializers

INBOX = "/api/v1/notifications/"
NOW = datetime.now(UTC).replace(microsecond=0)
ZONES = ["UTC", "Europe/Rome", "America/Argentina/Buenos_Aires"]
zones = strategies.sampled_from(ZONES)
texts = strategies.text(
    strategies.sampled_from('"\\/\n\x1f\u2028é漢🎻%') | strategies.characters(exclude_categories=["Cs", "Cc"]),
    max_size=50,
)
# Whole hours that are days away, so that the words for the distance do not change during a test.
moments = strategies.integers(48, 480).map(lambda hours: NOW + timedelta(hours=hours)) | strategies.integers(
    48, 480
).map(lambda hours: NOW - timedelta(hours=hours))
times = strategies.none() | moments | moments.map(lambda moment: moment.replace(microsecond=123_000))
announced = strategies.fixed_dictionaries(
    {
        "starts_at": moments.map(datetime.isoformat),
        "ends_at": strategies.none() | strategies.just((NOW + timedelta(days=30)).isoformat()),
        "all_day": strategies.booleans(),
        "time_zone": zones,
        "location": texts,
    }
)


@strategies.composite
def facts(draw: strategies.DrawFn) -> dict[str, Any]:
    """Return the columns of a notification, as the sweep could have written them."""
    kind = draw(strategies.sampled_from(Notification.Kind.values))
    change = {"before": draw(announced), "after": draw(announced), "text": draw(texts)}
    return {
        "kind": kind,
        "headline": draw(texts),
        "starts_at": draw(moments),
        "all_day": draw(strategies.booleans()),
        "time_zone": draw(zones),
        "location": draw(texts),
        "detail": {} if kind == Notification.Kind.REMINDER else change,
        "lead": draw(strategies.none() | strategies.integers(0, 43_200)),
        "created_at": draw(moments),
        "read_at": draw(times),
        "superseded_at": draw(times),
        "has_later_reminder": draw(strategies.booleans()),
        "source": draw(strategies.sampled_from(["test:", "announcement:", "reminder:"])),
    }


@strategies.composite
def queries(draw: strategies.DrawFn) -> str:
    """Return a query string with some of the parameters, which may be empty or invalid."""
    values = {
        "unread": strategies.sampled_from(["", "true", "false", "x"]),
        "after": strategies.sampled_from(["", "0", "9" * 18, "x"]),
        "page_size": strategies.sampled_from(["1", "2", "100", "0"]),
        "language": strategies.sampled_from(["en", "de", "", "xx"]),
        "time_zone": strategies.sampled_from([*ZONES, "", "Europe/Nowhere"]),
    }
    chosen = {name: draw(some) for name, some in values.items() if draw(strategies.booleans())}
    return urlencode(chosen)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(every=strategies.lists(facts(), max_size=5), query=queries())
def test_inbox_looks_as_the_serializer_shows_it(
    api: Api, subscriber: User, subscribed_event: Event, every: list[dict[str, Any]], query: str
) -> None:
    client = api(subscriber)

    with transaction.atomic():
        for number, each in enumerate(every):
            event = subscribed_event if number % 2 else None
            source = f"{each['source']}{number}"
            Notification.objects.create(recipient=subscriber, event=event, **{**each, "source": source})
        assert_same_pages_with_serializers(client, f"{INBOX}?{query}")
        transaction.set_rollback(True)


@pytest.mark.parametrize("language", ["en", "de"])
def test_worded_inbox_looks_as_the_serializer_shows_it(api: Api, subscriber: User, language: str) -> None:
    client = api(subscriber)
    Notification.objects.create(
        recipient=subscriber,
        kind="reminder",
        headline="Concert",
        starts_at=NOW + timedelta(days=3),
        time_zone="Europe/Rome",
        source="reminder:1:60:0",
        created_at=NOW,
    )

    response = assert_same_with_serializers(client, f"{INBOX}?language={language}&time_zone=Asia/Tokyo")

    assert response.json()["results"][0]["wording"]["own_time"]
