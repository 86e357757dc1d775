"""Test the event form: how inputs are read, and beside which input a refusal is shown."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.utils.html import strip_tags

from events.forms import EventForm, Offer, SubscriptionForm, soon
from events.forms.event import initial_of
from events.models import Event
from events.presentation.times import event_time
from tests.makers import MakeEvent

ROME = ZoneInfo("Europe/Rome")
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
INPUTS = {
    "headline": "Concert",
    "start_date": "2026-12-04",
    "start_time": "18:00",
    "time_zone": "Europe/Rome",
    "state": "public",
}


def form_of(event: Event | None = None, **inputs: str) -> EventForm:
    data = QueryDict(mutable=True)
    data.update(INPUTS | inputs)
    return EventForm(data, event=event)


def resent(event: Event, **inputs: str) -> EventForm:
    """Return the form data that a browser sends after showing the event, with some inputs changed."""
    shown = {name: value for name, value in initial_of(event).items() if value is not None and value is not False}
    texts = {name: value.strftime("%H:%M") if isinstance(value, time) else str(value) for name, value in shown.items()}
    data = QueryDict(mutable=True)
    data.update(texts | inputs)
    return EventForm(data, event=event)


def facts_of(form: EventForm) -> dict[str, Any]:
    assert form.is_valid(), form.errors
    return form.facts()


def test_times_are_read_in_the_events_zone() -> None:
    facts = facts_of(form_of(end_time="20:00"))

    assert facts["starts_at"] == datetime(2026, 12, 4, 18, tzinfo=ROME)
    assert facts["ends_at"] == datetime(2026, 12, 4, 20, tzinfo=ROME)


def test_the_end_may_be_on_another_day_or_left_out() -> None:
    assert facts_of(form_of(end_date="2026-12-05", end_time="02:00"))["ends_at"] == datetime(
        2026, 12, 5, 2, tzinfo=ROME
    )
    assert facts_of(form_of())["ends_at"] is None


def test_an_end_earlier_in_the_day_is_of_the_next_morning() -> None:
    assert facts_of(form_of(end_time="02:00"))["ends_at"] == datetime(2026, 12, 5, 2, tzinfo=ROME)


def test_an_end_after_the_last_day_of_the_calendar_is_answered_beside_its_field() -> None:
    form = form_of(start_date="9999-12-31", end_time="02:00")

    assert not form.is_valid()
    assert list(form.errors) == ["end_date"]


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        ({}, "Fri 4 Dec, 18:00 Rome time"),
        ({"headline": "", "state": "foo"}, "Fri 4 Dec, 18:00 Rome time"),
        ({"end_time": "20:00"}, "Fri 4 Dec, 18:00–20:00 Rome time"),
        ({"all_day": "on", "end_date": "2026-12-06"}, "Fri 4 – Sun 6 Dec"),
    ],
)
def test_planned_times_are_those_of_the_inputs_whatever_else_is_invalid(inputs: dict[str, str], text: str) -> None:
    form = form_of(None, **inputs)
    form.is_valid()

    planned = form.planned()

    assert planned
    assert str(event_time(planned, today=AT.date())) == text


@pytest.mark.parametrize(
    "inputs",
    [
        {"start_date": "someday"},
        {"start_time": ""},
        {"time_zone": "Europe/Atlantis"},
        {"end_time": "18:00"},
        {"start_date": "2027-03-28", "start_time": "02:30"},
        {"start_date": "0001-01-01", "time_zone": "UTC"},
        {"start_date": "9999-12-31", "all_day": "on"},
        {"start_date": "9999-12-31", "end_time": "02:00"},
    ],
)
def test_nothing_is_planned_where_the_inputs_hold_no_times(inputs: dict[str, str]) -> None:
    form = form_of(None, **inputs)
    form.is_valid()

    assert form.planned() is None


@pytest.mark.parametrize(
    ("inputs", "trouble"),
    [
        ({}, ""),
        ({"start_time": ""}, ""),
        ({"start_date": "2026-11-24", "start_time": "13:01"}, ""),
        ({"start_date": "2026-11-24", "start_time": "13:00"}, "This start time is in the past."),
        ({"start_date": "2026-11-24", "all_day": "on"}, "This start time is in the past."),
        ({"end_time": "18:01"}, ""),
        ({"end_time": "18:00"}, "The end is before the start."),
        ({"end_date": "2026-12-03", "all_day": "on"}, "The end is before the start."),
        (
            {"start_date": "2027-03-28", "start_time": "02:30"},
            "Clocks go forward at that hour, so this time doesn’t exist there.",
        ),
    ],
)
def test_trouble_says_why_an_event_cannot_have_these_times(inputs: dict[str, str], trouble: str) -> None:
    form = form_of(None, **inputs)
    form.is_valid()

    assert form.trouble(at=AT) == trouble


def test_start_of_an_event_that_has_begun_is_no_trouble_unless_it_is_changed(make_event: MakeEvent) -> None:
    event = make_event()
    kept, changed = resent(event), resent(event, start_date="2020-12-04")
    assert kept.is_valid()
    assert changed.is_valid()

    assert EventForm(event=event).trouble(at=event.starts_at) == ""
    assert kept.trouble(at=event.starts_at) == ""
    assert changed.trouble(at=event.starts_at) == "This start time is in the past."


def test_planned_of_an_untouched_form_is_the_event_or_the_next_full_hour(make_event: MakeEvent) -> None:
    event = make_event()
    hour = EventForm(initial=soon(ROME, at=AT)).planned()

    assert EventForm(event=event).planned() == event
    assert hour
    assert hour.starts_at == datetime(2026, 11, 24, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "zone", "date_and_time"),
    [
        (AT, "Europe/Rome", (date(2026, 11, 24), time(14))),
        (AT - timedelta(seconds=1), "Europe/Rome", (date(2026, 11, 24), time(13))),
        (AT, "Asia/Kolkata", (date(2026, 11, 24), time(18))),
        (datetime(2026, 11, 24, 22, 30, tzinfo=UTC), "Europe/Rome", (date(2026, 11, 25), time())),
    ],
)
def test_a_new_event_starts_at_the_next_full_hour_in_its_zone(
    at: datetime, zone: str, date_and_time: tuple[date, time]
) -> None:
    initial = soon(ZoneInfo(zone), at=at)

    assert (initial["start_date"], initial["start_time"]) == date_and_time


@pytest.mark.parametrize(
    ("form", "is_guessed"),
    [
        (EventForm(initial=soon(ROME, at=AT)), True),
        (EventForm(initial={"headline": "Concert", "time_zone": "UTC"}), False),
        (EventForm(QueryDict("time_zone=UTC")), False),
    ],
)
def test_the_browser_guesses_the_zone_only_where_nobody_has_chosen_one(form: EventForm, is_guessed: bool) -> None:
    assert ("data-guess-zone" in str(form["time_zone"])) == is_guessed


def test_an_all_day_event_needs_no_times_and_its_last_day_counts(make_event: MakeEvent) -> None:
    facts = facts_of(form_of(all_day="on", start_time="", end_date="2026-12-06"))

    event = make_event(**facts, at=AT)

    assert (event.first_day, event.last_day) == (date(2026, 12, 4), date(2026, 12, 6))


@pytest.mark.parametrize(
    ("inputs", "field", "message"),
    [
        ({"headline": ""}, "headline", "This field is required."),
        ({"headline": "x" * 10_000}, "headline", "at most 200 characters (it has 10000)"),
        ({"start_date": "someday"}, "start_date", "Enter a valid date."),
        ({"start_time": ""}, "start_time", "Add a start time, or tick “All day”."),
        ({"end_date": "2026-12-05"}, "end_time", "Add an end time"),
        (
            {"time_zone": "Europe/Atlantis"},
            "time_zone",
            "“Europe/Atlantis” isn’t a city or time zone we know. Try a larger city nearby.",
        ),
        ({"state": "foo"}, "state", "public, private or a draft, not “foo”"),
        (
            {"start_date": "2027-03-28", "start_time": "02:30"},
            "start_date",
            "2027-03-28 02:30 doesn’t exist in Europe/Rome: clocks go forward then.",
        ),
        (
            {"end_date": "2027-03-28", "end_time": "02:30"},
            "end_date",
            "2027-03-28 02:30 doesn’t exist in Europe/Rome: clocks go forward then.",
        ),
        (
            {"start_date": "0001-01-01", "start_time": "00:00", "time_zone": "Asia/Tokyo"},
            "start_date",
            "That date is out of range.",
        ),
        ({"description": "a\x00b"}, "description", "Null characters are not allowed."),
    ],
)
def test_bad_input_is_answered_beside_its_field(inputs: dict[str, str], field: str, message: str) -> None:
    form = form_of(None, **inputs)

    assert not form.is_valid()
    assert list(form.errors) == [field]
    assert message in form.errors[field][0]


def test_a_form_sent_back_as_it_was_shown_changes_no_times(make_event: MakeEvent) -> None:
    starts_at = datetime(2027, 10, 31, 1, 30, 15, tzinfo=UTC)  # the second 02:30 of that night in Rome
    event = make_event(starts_at=starts_at, ends_at=starts_at + timedelta(hours=1), time_zone="Europe/Rome", at=AT)

    form = resent(event)

    assert form.is_valid(), form.errors
    assert set(form.changes()) == {"headline", "description", "location", "all_day", "time_zone", "state"}


def test_an_end_on_the_same_day_moves_with_the_start(make_event: MakeEvent) -> None:
    starts_at = datetime(2026, 12, 4, 18, tzinfo=ROME)
    event = make_event(starts_at=starts_at, ends_at=starts_at + timedelta(hours=2), time_zone="Europe/Rome", at=AT)

    form = resent(event, start_date="2026-12-11")

    assert form.is_valid(), form.errors
    assert form.changes()["ends_at"] == datetime(2026, 12, 11, 20, tzinfo=ROME)


def test_an_all_day_event_of_one_day_moves_by_its_start_alone(make_event: MakeEvent) -> None:
    event = make_event(starts_at=datetime(2026, 12, 4, tzinfo=ROME), all_day=True, time_zone="Europe/Rome", at=AT)

    form = resent(event, start_date="2026-12-11")

    assert form.is_valid(), form.errors
    assert form.changes()["ends_at"] is None


def leads_form(event: Event, **inputs: Any) -> SubscriptionForm:
    data = QueryDict(mutable=True)
    for name, values in inputs.items():
        data.setlist(name, values)
    return SubscriptionForm(data, offer=Offer.of(event, leads=[1440], at=AT, zone=ROME, data=data))


@pytest.fixture
def concert() -> Event:
    return Event(starts_at=datetime(2026, 12, 4, 18, tzinfo=ROME), time_zone="Europe/Rome")


def test_leads_are_what_is_ticked_and_what_is_typed(concert: Event) -> None:
    form = leads_form(concert, leads=["60", "1440"], other_amount=["2"], other_unit=["hours"])

    assert form.is_valid(), form.errors
    assert form.cleaned_data["leads"] == [1440, 120, 60]


def test_no_leads_are_a_choice(concert: Event) -> None:
    form = leads_form(concert)

    assert form.is_valid(), form.errors
    assert form.cleaned_data["leads"] == []


@pytest.mark.parametrize(
    ("inputs", "field", "message"),
    [
        ({"other_amount": ["-5"]}, "other_amount", "Reminders can be at the start or up to 30 days before it."),
        (
            {"other_amount": ["1000000"]},
            "other_amount",
            "Reminders can be at the start or up to 30 days before it.",
        ),
        ({"leads": ["1000000"]}, "leads", "Reminders can be at the start or up to 30 days before it."),
        ({"leads": ["soon"]}, "leads", "Enter a whole number of minutes."),
        ({"leads": [str(lead) for lead in range(1, 12)]}, "leads", "You can choose up to 10 reminders."),
        ({"leads": ["60", "60"]}, "leads", "You’ve entered the same reminder twice."),
    ],
)
def test_impossible_leads_are_answered_beside_their_field(
    concert: Event, inputs: dict[str, list[str]], field: str, message: str
) -> None:
    form = leads_form(concert, **inputs)

    assert not form.is_valid()
    assert form.errors == {field: [message]}


def test_options_name_the_moment_and_leave_out_what_is_past() -> None:
    soon = Event(starts_at=AT + timedelta(hours=2), time_zone="Europe/Rome")

    form = Offer.of(soon, leads=[1440], at=AT, zone=ROME).form

    leads: Any = form.fields["leads"]
    assert [str(label) for _, label in leads.choices] == [
        'When it starts <span class="moment">today 15:00</span>',
        '10 minutes before <span class="moment">today 14:50</span>',
        '1 hour before <span class="moment">today 14:00</span>',
        '1 day before <span class="moment">already passed</span>',
    ]


def days_form(at: datetime, leads: list[int]) -> SubscriptionForm:
    day = Event(starts_at=datetime(2026, 12, 4, tzinfo=ROME), all_day=True, time_zone="Europe/Rome")
    return Offer.of(day, leads=leads, at=at, zone=ROME).form


def options(form: SubscriptionForm) -> list[tuple[int, str]]:
    leads: Any = form.fields["leads"]
    return [(lead, strip_tags(label)) for lead, label in leads.choices]


@pytest.mark.parametrize(("chosen", "first"), [([1440], 0), ([60], 60), ([180, 60], 60)])
def test_options_of_whole_days_have_one_for_each_day_at_nine(chosen: list[int], first: int) -> None:
    assert options(days_form(AT, chosen)) == [
        (first, "On the day Fri 4 Dec 09:00"),
        (1440, "1 day before Thu 3 Dec 09:00"),
        (2880, "2 days before Wed 2 Dec 09:00"),
        (10_080, "1 week before Fri 27 Nov 09:00"),
    ]


def test_options_on_the_first_of_whole_days_make_up_at_nine_for_what_has_passed() -> None:
    nine = datetime(2026, 12, 4, 9, tzinfo=ROME)

    assert options(days_form(nine - timedelta(minutes=1), [1440])) == [
        (0, "On the day today 09:00"),
        (1440, "1 day before today 09:00"),
    ]
    assert options(days_form(nine, [1440])) == [(1440, "1 day before already passed")]
