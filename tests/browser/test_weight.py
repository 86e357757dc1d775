"""Test how many bytes pages transfer, including headers, and that their layout does not shift."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route

from events.presentation.rail import PAGE_SIZE
from tests.browser.people import Person
from tools.stage.live import Deployment

pytestmark = [pytest.mark.browser, pytest.mark.live]

# For all pages together on a first visit, and for one page that is opened again.
FIRST_VISIT_BYTES = 60_000
REPEAT_BYTES = 10_000

# The number of events on one page of the home page.
FILL = f"""
from datetime import timedelta
from accounts.models import User
from config.database import database_now
from events.services import create_event

at = database_now()
for number in range({PAGE_SIZE}):
    create_event(
        actor=User.objects.get(username={{name!r}}), at=at, headline=f"Evening {{{{number}}}} of our long series",
        location="The old hall, first floor", starts_at=at + timedelta(hours=2 + number), state="public",
    )
"""
MODULES = re.compile(r"/js/(pages|event|event-times|feed|live|notifications)\b.*\.js$")
# Returns the time at which the page was read to its end and painted.
SETTLED = """
() => new Promise((resolve) => {
  const look = () => {
    const isDone = document.readyState !== "loading" && performance.getEntriesByName("first-contentful-paint").length;
    requestAnimationFrame(() => (isDone ? requestAnimationFrame(() => resolve(performance.now())) : look()));
  };
  look();
})
"""
# Returns the elements that have moved since then, as `tag class`.
MOVED = """
(settledAt) => new Promise((resolve) => {
  const name = ({ node }) => `${node?.localName} ${node?.getAttribute?.("class")}`;
  const isLate = ({ startTime }) => startTime > settledAt;
  const shifted = (list) => resolve(list.getEntries().filter(isLate).flatMap(({ sources }) => sources.map(name)));
  new PerformanceObserver(shifted).observe({ type: "layout-shift", buffered: true });
  setTimeout(resolve, 500, []);
})
"""


def weight(person: Person, path: str) -> int:
    """Open a page and return the bytes that were transferred for it; what the browser has cached costs nothing."""
    page = person.context.new_page()
    wire = person.context.new_cdp_session(page)
    sizes: list[int] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    page.goto(person.url_of(path))
    page.wait_for_load_state("networkidle")
    page.close()
    return sum(sizes)


def visit(person: Person, event: str) -> dict[str, int]:
    """Look at pages, log in, and look at the inbox."""
    person.context.clear_cookies()
    weights = {path: weight(person, path) for path in ("/", event, "/accounts/login/")}
    person.log_in()
    return weights | {"/notifications/": weight(person, "/notifications/")}


def test_first_visit_weighs_little_and_the_next_one_less(meet: Callable[..., Person], deployment: Deployment) -> None:
    organiser, reader = meet("weigher"), meet("lightfoot")
    deployment.shell(FILL.format(name=organiser.name))
    reader.remind("Concert", count=3)
    event = f"/events/{organiser.post('Concert')}/"

    first, again = visit(reader, event), visit(reader, event)

    assert sum(first.values()) < FIRST_VISIT_BYTES, first
    assert max(again.values()) < REPEAT_BYTES, again
    assert min(again.values()) > 1_000, again  # each was transferred once more


def moved(person: Person, path: str) -> list[str]:
    """Open a page whose modules arrive after it was painted, and return the elements that they moved."""
    page, held, is_settled = person.context.new_page(), list[Route](), False
    page.route(MODULES, lambda route: route.continue_() if is_settled else held.append(route))
    page.goto(person.url_of(path), wait_until="commit")
    settled_at = page.evaluate(SETTLED)
    assert held
    is_settled = True
    for route in held:
        route.continue_()
    page.wait_for_load_state("networkidle")
    found: list[str] = page.evaluate(MOVED, settled_at)
    page.close()
    return found


@pytest.mark.parametrize("width", [390, 1280])
def test_scripts_that_come_after_the_first_paint_move_nothing(meet: Callable[..., Person], width: int) -> None:
    options = {"viewport": {"width": width, "height": 800}}
    reader, visitor = meet(f"still{width}", **options), meet("nobody", logged_in=False, **options)
    event = f"/events/{reader.post('Concert')}/"
    reader.remind("Concert")
    visits = [(visitor, path) for path in ("/", event, "/accounts/login/")]
    visits += [(reader, path) for path in ("/", event, "/notifications/")]

    found = {f"{person.name} {path}": moved(person, path) for person, path in visits}

    assert {path: names for path, names in found.items() if names} == {}
