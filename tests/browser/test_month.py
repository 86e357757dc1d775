"""Test what lasts several days: a bar across them on a wide screen, and an entry of its first day on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Person
from tools.stage.live import Deployment

pytestmark = [pytest.mark.browser, pytest.mark.live]

Meet = Callable[..., Person]

# Posts public events of `name` in March 2030, on whole days.
FAIRS = """
from datetime import UTC, datetime, timedelta
from accounts.models import User
from config.database import database_now
from events.services import create_event

for headline, first, last in [("Fair", 8, 12), ("Camp", 9, 10), ("Walk", 12, 12)]:
    create_event(
        actor=User.objects.get(username={name!r}), at=database_now(), headline=f"{{headline}} of {name}", all_day=True,
        starts_at=datetime(2030, 3, first, tzinfo=UTC), ends_at=datetime(2030, 3, last, tzinfo=UTC) + timedelta(days=1),
        state="public",
    )
"""


def edges(page: Page, selector: str) -> list[tuple[int, int, int]]:
    """Return left, right and top of the visible elements."""
    boxes = [element.bounding_box() for element in page.locator(selector).filter(visible=True).all()]
    return [(round(box["x"]), round(box["x"] + box["width"]), round(box["y"])) for box in boxes if box]


def test_event_of_several_days_is_a_bar_in_each_week_and_on_a_phone_one_entry(
    meet: Meet, deployment: Deployment
) -> None:
    organiser = meet("fair")
    deployment.shell(FAIRS.format(name="fair"))
    page = organiser.open("/events/month/2030/3/?q=fair")

    # The first of March is the fifth day of the grid.
    friday, saturday, sunday, monday, tuesday = edges(page, ".month-day")[11:16]
    first, camp, second = edges(page, ".month-bar")

    assert (first[0] - friday[0], sunday[1] - first[1]) == (5, 0)  # inside the first cell, and up to the edge
    assert (camp[0] - saturday[0], sunday[1] - camp[1]) == (5, 4)
    assert camp[2] > first[2]
    assert (second[0] - monday[0], tuesday[1] - second[1]) == (1, 4)

    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".month-entry").filter(visible=True)).to_have_text(
        [
            "Fair of fair until Tue 12 Mar",
            "Camp of fair until Sun 10 Mar",
            "Walk of fair",
        ]
    )
    jump = page.get_by_role("navigation", name="Jump to a day")
    jump.get_by_role("link", name="Friday 8 March, 1 event").focus()
    for _day in range(3):
        page.keyboard.press("ArrowRight")
    expect(jump.get_by_role("link", name="Monday 11 March, 1 event")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#day-2030-03-08")).to_be_in_viewport()
    assert jump.locator("a:not([tabindex='-1'])").count() == 1
