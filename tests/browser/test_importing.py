"""Test importing a calendar: from the file to the plan, the report, and a second file that has changed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.people import Person
from tests.browser.test_everyone import STILL, faults, is_too_wide
from tests.events.uploads import ics
from tools.stage.live import Deployment

pytestmark = pytest.mark.browser

TALK = "SUMMARY:Talk\nDTSTART:20300501T180000Z\nLOCATION:Rome"
CHOIR = "SUMMARY:Choir\nDTSTART:20300502T180000Z"
UNDATED = "SUMMARY:Undated"
# Stores an import of which one batch is done, as if its process had been killed then; prints its id.
INTERRUPTED = """
from datetime import timedelta
from itertools import count
from accounts.models import User
from config.database import database_now
from events.services import run_import
from tests.events.uploads import numbered, planned_import

at, ticks, person = database_now(), count(), User.objects.get(username={name!r})
imported = planned_import(person, at=at, calendar=numbered(120, at))
run_import(imported, actor=person, clock=lambda: at + timedelta(minutes=next(ticks)))
print(imported.pk)
"""


def upload(page: Page, content: bytes) -> None:
    file = FilePayload(name="team.ics", mimeType="text/calendar", buffer=content)
    page.get_by_label("Calendar file").set_input_files(file)
    page.get_by_role("button", name="Preview import").click()


def assert_in_order(page: Page) -> None:
    assert faults(page) == []
    assert not is_too_wide(page)


def test_calendar_is_previewed_imported_and_updated(meet: Callable[..., Person]) -> None:
    page = meet("iris", viewport={"width": 320, "height": 700}, color_scheme="dark", **STILL).open("/events/mine/")
    page.get_by_role("link", name="Import a calendar").click()

    upload(page, ics(TALK, CHOIR, UNDATED))
    expect(page.get_by_role("heading", level=1)).to_have_text("Import “Team”?")
    page.get_by_role("button", name="Import calendar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Imported “Team”")
    page.get_by_role("link", name="Import another calendar").click()
    upload(page, ics(TALK.replace("Rome", "Milan")))

    expect(page.get_by_role("deletion")).to_have_text("before: Rome")
    expect(page.get_by_role("insertion")).to_have_text("now: Milan")
    assert_in_order(page)
    page.get_by_label("Cancel this event, too").check()
    page.get_by_role("button", name="Import calendar").click()
    expect(page.get_by_role("heading", name="Cancelled because no longer in the file")).to_be_visible()
    assert_in_order(page)
    page.get_by_role("link", name="Talk").click()
    expect(page.get_by_text("Milan").first).to_be_visible()


def test_calendar_is_imported_without_scripts(meet: Callable[..., Person]) -> None:
    page = meet("nora", java_script_enabled=False).open("/events/import/")

    upload(page, b"Dear all,")
    expect(page.get_by_role("alert")).to_contain_text("This isn’t an iCalendar file")
    upload(page, ics(TALK))
    page.get_by_role("button", name="Import calendar").click()

    expect(page.get_by_role("link", name="Talk")).to_be_visible()


def test_file_that_is_too_large_is_not_sent(meet: Callable[..., Person]) -> None:
    page = meet("lara").open("/events/import/")

    upload(page, b"x" * (5 * 2**20 + 1))

    said = page.get_by_label("Calendar file").evaluate("input => input.validationMessage")
    assert said == "Calendar files can be up to 5 MB."
    expect(page.get_by_role("alert")).to_have_count(0)


def test_interrupted_import_goes_on_when_its_page_is_opened(
    meet: Callable[..., Person], deployment: Deployment
) -> None:
    person = meet("ivan", **STILL)
    imported = deployment.shell(INTERRUPTED.format(name="ivan")).strip().splitlines()[-1]

    page = person.open(f"/events/import/{imported}/")

    expect(page.get_by_role("heading", level=1)).to_have_text("Imported “Team”")
    expect(page.get_by_role("link", name="120 new")).to_be_visible()
