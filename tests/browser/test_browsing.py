"""Test lists that grow, the search that updates as one types, and the month view, with and without scripts."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from events.presentation.rail import PAGE_SIZE as RAIL_SIZE
from notifications.inbox.pages import PAGE_SIZE as INBOX_SIZE
from tests.browser.people import Person
from tests.browser.waiting import wait_for
from tools.stage.live import Deployment

pytestmark = pytest.mark.browser

Meet = Callable[..., Person]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
PER_DAY = 5

# Posts public events of `name`, PER_DAY at noon of each day, so that a page of the list ends within a day.
SERIES = f"""
from datetime import timedelta
from accounts.models import User
from config.database import database_now
from events.services import create_event

at = database_now()
noon = at.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days={{days}})
for number in range({{count}}):
    create_event(
        actor=User.objects.get(username={{name!r}}), at=at, headline=f"{{{{{{series!r}}}}}} {{{{number:02}}}}",
        starts_at=noon + timedelta(days=number // {PER_DAY}), state="public",
    )
"""
# Writes notifications of the last hours, all of them read.
NOTIFICATIONS = """
from datetime import timedelta
from accounts.models import User
from config.database import database_now
from notifications.models import Notification

at = database_now() - timedelta(hours=1)
Notification.objects.bulk_create(
    Notification(
        recipient=User.objects.get(username={name!r}), kind="reminder", headline=f"Notification {{number:02}}", lead=60,
        time_zone="UTC", source=f"announcement:{{1_000_000 + number}}", starts_at=at, read_at=at,
        created_at=at - timedelta(minutes=number),
    )
    for number in range({count})
)
"""


def post_series(deployment: Deployment, person: Person, series: str, count: int, *, days: int = 3) -> None:
    deployment.shell(SERIES.format(name=person.name, series=series, count=count, days=days))


def focused(page: Page) -> str:
    text: str = page.evaluate("document.activeElement.textContent.trim()")
    return text


def expect_status(page: Page, text: str) -> None:
    expect(page.locator("body > p[role=status].visually-hidden")).to_have_text(text)


def row_titles(page: Page) -> list[str]:
    return page.locator(".row h3").all_text_contents()


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_later_appends_the_next_page_and_goes_on_at_its_first_event(
    meet: Meet, deployment: Deployment, options: dict
) -> None:
    organiser = meet(f"series{len(options)}", **options)
    count = 2 * RAIL_SIZE + 1
    post_series(deployment, organiser, organiser.name, count)
    names = [f"{organiser.name} {number:02}" for number in range(count)]
    page = organiser.open(f"/?q={organiser.name}")
    url = page.url
    assert row_titles(page) == names[:RAIL_SIZE]

    page.get_by_role("button", name="Later").click()
    expect_status(page, f"{RAIL_SIZE} more events")
    assert focused(page) == names[RAIL_SIZE]
    page.get_by_role("button", name="Later").press("Enter")
    expect_status(page, "1 more event")

    assert (row_titles(page), focused(page), page.url) == (names, names[-1], url)
    days = page.locator(".day-heading time").evaluate_all("all => all.map((each) => each.dateTime)")
    assert (len(days), len(set(days))) == (-(-count // PER_DAY), -(-count // PER_DAY))
    expect(page.locator(".pager")).to_have_text("")


def test_later_is_a_link_where_there_are_no_scripts(meet: Meet, deployment: Deployment) -> None:
    organiser = meet("linker", java_script_enabled=False)
    post_series(deployment, organiser, "Linked", RAIL_SIZE + 1)
    page = organiser.open(f"/people/{organiser.name}/")

    page.get_by_role("link", name="Later").click()

    expect(page.locator(".row h3")).to_have_text([f"Linked {RAIL_SIZE}"])


def test_list_whose_next_page_does_not_come_goes_there(meet: Meet, deployment: Deployment) -> None:
    organiser = meet("breaker")
    post_series(deployment, organiser, "Broken", RAIL_SIZE + 1)
    page = organiser.open(f"/people/{organiser.name}/")
    page.route(
        "**/people/*/?after=*",
        lambda route: route.fulfill(status=500) if route.request.resource_type == "fetch" else route.continue_(),
    )

    page.get_by_role("button", name="Later").click()

    page.wait_for_url("**/people/*/?after=*")
    assert row_titles(page) == [f"Broken {RAIL_SIZE}"]
    organiser.forgive("status of 500")


def test_next_page_that_comes_after_another_search_is_not_appended_to_it(meet: Meet, deployment: Deployment) -> None:
    organiser = meet("switcher")
    post_series(deployment, organiser, "Oboe", RAIL_SIZE + 1)
    post_series(deployment, organiser, "Bassoon", 1)
    page, held = organiser.open("/?q=oboe"), list[Route]()
    page.route("**/?q=oboe&after=*", lambda route: held.append(route))
    page.get_by_role("button", name="Later").click()
    wait_for(page, lambda: held)

    page.get_by_role("searchbox").fill("bassoon")
    expect(page.locator(".row h3")).to_have_text(["Bassoon 00"])
    held[0].continue_()
    page.wait_for_timeout(300)

    assert (row_titles(page), page.url.rpartition("=")[2]) == (["Bassoon 00"], "bassoon")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_older_notifications_stay_when_a_new_one_arrives(meet: Meet, deployment: Deployment) -> None:
    reader = meet("olga")
    deployment.shell(NOTIFICATIONS.format(name=reader.name, count=INBOX_SIZE + 3))
    page = reader.open("/notifications/")
    rows = page.locator(".entry")
    page.get_by_role("button", name="Older").click()
    expect_status(page, "3 more notifications")
    expect(rows).to_have_count(INBOX_SIZE + 3)
    expect(page.get_by_role("heading", level=2)).to_have_count(len(set(page.locator("h2").all_text_contents())))

    reader.remind("Concert", count=2)

    expect(rows).to_have_count(INBOX_SIZE + 5)
    expect(page.locator(".entry-unread")).to_have_count(2)
    page.get_by_role("button", name="Mark “Concert” as read").first.click()
    expect(page.locator(".entry-unread")).to_have_count(1)
    expect(rows).to_have_count(INBOX_SIZE + 5)
    assert rows.last.get_by_role("heading").all_inner_texts() == [f"Notification {INBOX_SIZE + 2}"]


def test_older_is_a_link_where_there_are_no_scripts(meet: Meet, deployment: Deployment) -> None:
    reader = meet("otto", java_script_enabled=False, **PHONE)
    deployment.shell(NOTIFICATIONS.format(name=reader.name, count=INBOX_SIZE + 1))
    page = reader.open("/notifications/")

    page.get_by_role("link", name="Older").click()

    expect(page.locator(".entry h3")).to_have_text([f"Notification {INBOX_SIZE}"])


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_search_updates_as_text_is_typed(meet: Meet, deployment: Deployment, options: dict) -> None:
    organiser = meet(f"seeker{len(options)}", **options)
    post_series(deployment, organiser, f"Zither{len(options)} evening", 2)
    page = organiser.open("/")
    field = page.get_by_role("searchbox", name="Search by title, location or description")

    field.press_sequentially(f"zither{len(options)}")
    expect(page.locator(".row")).to_have_count(2)
    expect_status(page, "2 events")
    expect(field).to_be_focused()
    assert page.url.endswith(f"/?q=zither{len(options)}")
    field.press_sequentially(" 5")
    expect_status(page, "Nothing found")
    expect(page.get_by_text("No events match")).to_be_visible()
    field.fill(f"zither{len(options)}")
    page.get_by_role("link", name=f"Zither{len(options)} evening 01").click()
    expect(page.get_by_role("heading", name=f"Zither{len(options)} evening 01")).to_be_visible()
    page.go_back()

    expect(field).to_have_value(f"zither{len(options)}")
    expect(page.locator(".row")).to_have_count(2)
    field.fill("")
    page.wait_for_url(re.compile(r"/$"))
    assert page.locator(".range-form [name=q]").is_disabled()


def test_search_shows_the_last_text_also_when_an_earlier_answer_comes_late(meet: Meet, deployment: Deployment) -> None:
    organiser = meet("hasty")
    post_series(deployment, organiser, "Quartet", 1)
    post_series(deployment, organiser, "Quintet", 1)
    page, held = organiser.open("/"), list[Route]()
    page.route("**/?q=quar", lambda route: held.append(route))
    field = page.get_by_role("searchbox")

    field.press_sequentially("quar")
    wait_for(page, lambda: held)
    field.fill("quintet")
    expect(page.locator(".row h3")).to_have_text(["Quintet 00"])
    held[0].continue_()
    page.wait_for_timeout(300)

    assert (row_titles(page), page.url.rpartition("=")[2]) == (["Quintet 00"], "quintet")
    organiser.forgive("ERR_ABORTED")


def test_search_whose_answer_is_an_error_leaves_the_page_alone_and_opens_the_results_on_enter(
    meet: Meet, deployment: Deployment
) -> None:
    organiser = meet("unheard")
    post_series(deployment, organiser, "Theremin", 1)
    page, asked = organiser.open("/"), list[str]()

    def refuse_scripts(route: Route) -> None:
        asked.append(route.request.resource_type)
        route.fulfill(status=500) if route.request.resource_type == "fetch" else route.continue_()

    page.route("**/?q=theremin", refuse_scripts)
    field = page.get_by_role("searchbox")

    field.fill("theremin")
    wait_for(page, lambda: asked)
    page.wait_for_timeout(300)
    assert asked == ["fetch"]
    expect(page.locator("#results[aria-busy]")).to_have_count(0)
    expect(field).to_be_focused()
    field.press("Enter")

    page.wait_for_url("**/?q=theremin")
    assert (row_titles(page), asked) == (["Theremin 00"], ["fetch", "fetch", "document"])
    organiser.forgive("status of 500")


def test_search_is_a_form_where_there_are_no_scripts(meet: Meet, deployment: Deployment) -> None:
    organiser = meet("plain", java_script_enabled=False)
    post_series(deployment, organiser, "Ocarina", 1)
    page = organiser.open("/")

    page.get_by_role("searchbox").fill("ocarina")
    page.get_by_role("button", name="Search").click()

    expect(page.locator(".row h3")).to_have_text(["Ocarina 00"])


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_month_unfolds_a_full_day_and_turns_its_pages(meet: Meet, deployment: Deployment, scripts: bool) -> None:
    organiser = meet(f"monthly{scripts}", java_script_enabled=scripts)
    post_series(deployment, organiser, organiser.name, PER_DAY, days=40)
    day = datetime.now(UTC) + timedelta(days=40)
    page = organiser.open(f"/events/month/{day.year}/{day.month}/?q={organiser.name}")

    entries = page.locator(".month-entry").filter(visible=True)
    expect(entries).to_have_count(3)
    page.get_by_text("+2 more").click()
    expect(entries).to_have_count(PER_DAY)
    page.get_by_role("link", name=re.compile("^Next: ")).click()

    expect(page.get_by_text(f"No events this month match “{organiser.name}”.")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Previous: ")).click()
    expect(page.get_by_role("heading", level=1, name=f"{day:%B %Y}")).to_be_visible()


def test_month_on_a_phone_leads_from_its_dots_to_the_day(meet: Meet, deployment: Deployment) -> None:
    organiser = meet("dotty", **PHONE)
    post_series(deployment, organiser, "Dotted", 40, days=1)
    day = datetime.now(UTC) + timedelta(days=1)
    page = organiser.open(f"/events/month/{day.year}/{day.month}/?q=dotted")
    jump = page.get_by_role("navigation", name="Jump to a day")
    heading = page.locator(f"#day-{day:%Y-%m-%d}")

    jump.get_by_role("link", name=f"{day:%A} {day.day} {day:%B}, {PER_DAY} events").tap()

    expect(heading).to_be_in_viewport()
    assert page.url.endswith(f"#day-{day:%Y-%m-%d}")
