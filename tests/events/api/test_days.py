"""Test dates without a time in edits, of events with times and of events of whole days."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import User
from tests.makers import Api, MakeEvent
from tests.pages import Response
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db
# The first of April in Rome, from 11 to 13 o'clock.
TIMES = {"starts_at": datetime(2030, 4, 1, 9, tzinfo=UTC), "ends_at": datetime(2030, 4, 1, 11, tzinfo=UTC)}
Edit = Callable[..., Response]


@pytest.fixture
def edit(api: Api, organiser: User, make_event: MakeEvent) -> Edit:
    """Send an edit of an event in Rome that has times, or whole days if `days`, as PATCH or as PUT."""

    def send(method: str, *, days: bool, **changes: Any) -> Response:
        event = make_event(**TIMES, all_day=days, time_zone="Europe/Rome")
        required = {"headline": "New", "starts_at": "2030-04-01T11:00"} if method == "put" else {}
        return getattr(api(organiser), method)(f"/api/v1/events/{event.pk}/", required | changes)

    return send


def times(response: Response) -> tuple[int, str, str, bool]:
    body = response.json()
    return response.status_code, body["starts_at"], body["ends_at"], body["all_day"]


@pytest.mark.parametrize("method", ["patch", "put"])
@pytest.mark.parametrize("days", [False, True])
def test_dates_of_whole_days_are_taken_to_the_end_of_the_last(edit: Edit, method: str, days: bool) -> None:
    response = edit(method, days=days, starts_at="2030-05-01", ends_at="2030-05-02", all_day=True)

    assert times(response) == (200, "2030-04-30T22:00:00Z", "2030-05-02T22:00:00Z", True)


@pytest.mark.parametrize("method", ["patch", "put"])
def test_dates_are_taken_by_an_event_that_has_whole_days_already(edit: Edit, method: str) -> None:
    response = edit(method, days=True, ends_at="2030-04-03")

    assert times(response) == (200, "2030-03-31T22:00:00Z", "2030-04-03T22:00:00Z", True)


@pytest.mark.parametrize("method", ["patch", "put"])
@pytest.mark.parametrize("name", ["starts_at", "ends_at"])
@pytest.mark.parametrize(("days", "changes"), [(False, {}), (False, {"all_day": False}), (True, {"all_day": False})])
def test_dates_are_no_times(edit: Edit, method: str, name: str, days: bool, changes: dict[str, bool]) -> None:
    response = edit(method, days=days, **{name: "2030-04-02"}, **changes)

    assert_problem(response, 400, "invalid")
    assert response.json()["fields"] == {name: ["A date without a time is for all-day events."]}


@pytest.mark.parametrize("method", ["patch", "put"])
@pytest.mark.parametrize(
    ("date", "code"),
    [("9999-12-31", "time_out_of_range"), ("0001-01-01", "time_out_of_range"), ("2030-02-30", "invalid")],
)
def test_dates_that_no_calendar_has_are_refused(edit: Edit, method: str, date: str, code: str) -> None:
    response = edit(method, days=True, starts_at=date)

    assert_problem(response, 400, code)
    assert response.json()["fields"].keys() == {"starts_at"}


@pytest.mark.parametrize("method", ["patch", "put"])
def test_first_day_beyond_the_last_is_refused(edit: Edit, method: str) -> None:
    assert_problem(edit(method, days=True, starts_at="2030-05-01"), 400, "end_before_start")


@pytest.mark.parametrize("method", ["patch", "put"])
def test_first_day_in_another_zone_begins_there(edit: Edit, method: str) -> None:
    response = edit(
        method, days=True, starts_at="2030-05-01", ends_at="2030-05-01", time_zone="Asia/Tokyo", all_day=True
    )

    assert times(response) == (200, "2030-04-30T15:00:00Z", "2030-05-01T15:00:00Z", True)
