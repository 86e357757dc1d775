"""Test dates, times, distances and numbers in German."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import translation
from django.utils.formats import date_format
from django.utils.html import strip_tags

from accounts.leads import distance_name, lead_choice
from events.models import Event
from events.presentation.promises import Promise
from events.presentation.rail import BrowsingQuery
from events.presentation.times import days_text, distance_text, event_time, moment_text
from events.templatetags.promises import moments
from notifications.models import Notification
from notifications.wording import wording

ROME, NEW_YORK = ZoneInfo("Europe/Rome"), ZoneInfo("America/New_York")
# A Tuesday at noon, and a Friday at 18:00 in Rome.
AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
START = datetime(2026, 12, 4, 17, tzinfo=UTC)
TODAY = AT.date()


def test_times_are_ordered_as_german_orders_them() -> None:
    event = Event(starts_at=START, ends_at=START + timedelta(hours=2), time_zone="Europe/Rome")

    with translation.override("de"):
        texts = [
            str(event_time(event, today=TODAY)),
            moment_text(START.astimezone(NEW_YORK), today=date(2027, 1, 1)),
            days_text(date(2026, 12, 4), date(2026, 12, 6), today=TODAY),
            days_text(date(2026, 12, 30), date(2027, 1, 2), today=TODAY),
        ]

    assert texts == [
        "Fr., 4. Dez., 18:00–20:00 Ortszeit Rom",
        "Fr., 4. Dez. 2026, 12:00",
        "Fr., 4. – So., 6. Dez.",
        "Mi., 30. Dez. – Sa., 2. Jan. 2027",
    ]


def test_numeric_times_have_a_comma_between_day_and_time() -> None:
    with translation.override("de"):
        assert date_format(AT, "SHORT_DATETIME_FORMAT") == "01.12.2026, 12:00"
        assert date_format(AT, "DATETIME_FORMAT") == "1. Dezember 2026, 12:00"


@pytest.mark.parametrize(
    ("days", "german"),
    [
        (0, "heute"),
        (1, "morgen"),
        (2, "in 2 Tagen"),
        (-2, "vor 2 Tagen"),
        (61, "in 2 Monaten"),
        (-800, "vor 2 Jahren"),
    ],
)
def test_distances_are_declined(days: int, german: str) -> None:
    with translation.override("de"):
        assert distance_text(TODAY + timedelta(days=days), today=TODAY) == german


def test_leads_are_named_by_themselves_and_after_in() -> None:
    with translation.override("de"):
        assert [lead_choice(minutes) for minutes in (1440, 2880, 90)] == [
            "1 Tag vorher",
            "2 Tage vorher",
            "1 Stunde 30 Minuten vorher",
        ]
        assert [distance_name(minutes) for minutes in (2880, 60, 0)] == ["in 2 Tagen", "in 1 Stunde", "jetzt"]


def test_moments_of_a_promise_are_listed_as_the_language_lists_them() -> None:
    given = [START.astimezone(ROME) + timedelta(hours=hours) for hours in range(3)]
    promise = Promise(True, tuple(given), at_once=False, is_spent=False, zone="", today=TODAY)

    english = strip_tags(moments(promise))
    with translation.override("de"):
        german = strip_tags(moments(promise))

    assert english == "Fri 4 Dec 18:00, Fri 4 Dec 19:00 and Fri 4 Dec 20:00"
    assert german == "Fr., 4. Dez., 18:00; Fr., 4. Dez., 19:00 und Fr., 4. Dez., 20:00"


def test_change_reads_in_german() -> None:
    before, after = ("2026-12-04T17:00:00Z", "2026-12-05T18:30:00Z")
    facts = {"ends_at": None, "location": ""}
    notification = Notification(
        kind="rescheduled",
        starts_at=START,
        time_zone="Europe/Rome",
        detail={"before": facts | {"starts_at": before}, "after": facts | {"starts_at": after}, "text": ""},
    )

    with translation.override("de"):
        words = wording(notification, zone=NEW_YORK, at=AT)

    assert words.sentence == "Verschoben von Fr., 4. Dez., 18:00 auf Sa., 5. Dez., 19:30 Ortszeit Rom"
    assert words.own_time == "Fr., 4. Dez., 12:00 → Sa., 5. Dez., 13:30 bei dir"


def test_large_numbers_are_grouped_as_the_language_groups_them() -> None:
    template = Template("{% load humanize %}{{ n|intcomma }} {{ n }}")

    with translation.override("de"):
        assert template.render(Context({"n": 1_234_567})) == "1.234.567 1234567"
    assert template.render(Context({"n": 1_234_567})) == "1,234,567 1234567"


@pytest.mark.parametrize(
    ("language", "last"), [("en", date(2026, 12, 6)), ("de", date(2026, 12, 6)), ("pt-br", date(2026, 12, 5))]
)
def test_week_ends_where_the_language_ends_it(language: str, last: date) -> None:
    """The week of a Tuesday ends on Sunday, or on Saturday where weeks begin on Sunday."""
    with translation.override(language):
        assert BrowsingQuery(when="week").ends_on(TODAY) == last
        assert BrowsingQuery(when="week").ends_on(last) == last
        assert BrowsingQuery(when="next-week").begins_on(last) == last + timedelta(days=1)
        assert BrowsingQuery(when="next-week").ends_on(TODAY) == last + timedelta(days=7)
