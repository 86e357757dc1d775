"""Test that a reader reports an event on a phone without scripts, and that staff then suspend its organiser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.people import Person
from tests.browser.test_everyone import is_too_wide
from tests.browser.waiting import PATIENCE_SECONDS
from tests.waiting import wait_until
from tools.stage.live import Deployment

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 320, "height": 700}, "color_scheme": "dark", "reduced_motion": "reduce"}

# Lets `name` use the admin.
PROMOTE = """
from accounts.models import User

User.objects.filter(username={name!r}).update(is_staff=True, is_superuser=True)
"""


def test_reported_event_is_cancelled_as_its_organiser_is_suspended(
    meet: Callable[..., Person], deployment: Deployment
) -> None:
    organiser, staff = meet("oskar"), meet("stella")
    reader = meet("rita", java_script_enabled=False, **PHONE)
    deployment.shell(PROMOTE.format(name="stella"))
    event = organiser.post("Free money")
    page = reader.open(f"/events/{event}/")

    page.get_by_role("button", name="Subscribe", exact=True).click()
    page.get_by_role("link", name="Report this event").click()
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_role("link", name="Reason for your report: This field is required.")).to_be_visible()
    assert not is_too_wide(page)
    page.get_by_role("radio", name="Misleading or fraudulent").check()
    page.get_by_label("Details (optional)").fill("Nobody gives away money.")
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_text("Thank you. We’ll look into it.")).to_be_visible()
    page.get_by_role("link", name="Report this event").click()
    expect(page.get_by_text("You’ve already reported this event.")).to_be_visible()

    desk = staff.open("/admin/events/eventreport/")
    desk.get_by_role("link", name="Free money").first.click()
    expect(desk.get_by_text("Nobody gives away money.")).to_be_visible()
    desk.get_by_role("link", name="Suspend organiser").click()
    expect(desk.get_by_text("notification will be sent to subscribers.").first).to_be_visible()
    desk.get_by_role("radio", name="Cancel").check()
    desk.get_by_role("button", name="Suspend user").click()
    expect(desk.get_by_text("Suspended; upcoming events cancelled.")).to_be_visible()

    url = reader.url_of(f"/events/{event}/")
    assert wait_until(lambda: "This event is cancelled" in reader.context.request.get(url).text(), PATIENCE_SECONDS)
