"""Test every page for everyone: accessibility, valid HTML, the width of a narrow phone, large targets and labels."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Page, expect

from tests.browser.measures import SMALL, UNSEEN_FOCUS
from tests.browser.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.live]

# WCAG 2.2 AA and axe's best practices, such as landmarks and the order of headings.
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
# A toast that appears during the check is checked as well, but without being half faded in.
STILL = {"reduced_motion": "reduce"}
PHONE = 390
PAGES = ("accounts", "events", "notifications")
CHECKER = Path(__file__).parent / "node_modules/vnu-jar/build/dist/vnu.jar"
ANONYMOUS = ["/", "/accounts/login/", "/accounts/signup/", "/no-such-page/"]


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    """Yield the routes of our own pages, such as `events/<int:pk>/edit/`."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield f"/{prefix}{pattern.pattern}"
        elif pattern.namespace in PAGES:
            yield from routes(pattern.url_patterns, f"{prefix}{pattern.pattern}")


def paths_for(person: Person) -> list[str]:
    """Return the path of each page that somebody can see who has posted an event and been reminded of another.

    They have a calendar link, too.
    """
    person.create_calendar_link()
    own, other = person.post("A concert of their own"), person.remind("Concert")
    given = {"<int:pk>": str(own), "<str:username>": person.name, "<int:year>": "2027", "<int:month>": "3"}
    paths = [f"/events/{other}/", f"/events/{other}/report/", "/?past=1", "/?q=concert"]
    for route in routes(get_resolver().url_patterns):
        for part, value in given.items():
            route = route.replace(part, value)
        if "<" not in route and "logout" not in route and person.is_shown(route):
            paths.append(route)
    return paths


def faults(page: Page) -> list[str]:
    """Return what axe finds, and where."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{each['id']}: {node['target']} {node['failureSummary']}" for each in found for node in each["nodes"]]


def is_too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def visit(person: Person, path: str, width: int) -> tuple[list[str], str]:
    """Open a page and return what is wrong with it, and its source. Targets are measured on a phone."""
    page = person.context.pages[0] if person.context.pages else person.context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    answer = page.goto(person.url_of(path))
    assert answer
    found = [] if answer.status == 200 or path == "/no-such-page/" else [f"answers {answer.status}"]
    found += faults(page)
    if width == PHONE:
        found += page.evaluate(SMALL) + page.evaluate(UNSEEN_FOCUS)
    if person.is_member:
        expect(page.locator("#feed-state[data-state=live]")).to_be_attached()
    page.set_viewport_size({"width": 320, "height": 700})
    return found + (["is wider than a narrow phone"] if is_too_wide(page) else []), answer.text()


def html_faults(folder: Path) -> list[str]:
    """Return what the W3C's checker finds in the files of a folder."""
    command = ["java", "-Xss4m", "-XX:TieredStopAtLevel=1", "-jar", str(CHECKER), "--format", "json", str(folder)]
    checked = subprocess.run(command, capture_output=True, text=True)
    return [
        f"{Path(each['url']).name}:{each.get('lastLine')} {each['message']}"
        for each in json.loads(checked.stderr)["messages"]
        if each["type"] != "info"  # it warns of the year 9999, our limit
    ]


@pytest.mark.parametrize(
    ("scheme", "width", "locale"),
    [
        pytest.param("light", 1280, "en-GB", id="light, desktop"),
        pytest.param("dark", PHONE, "de-DE", id="dark, phone, German"),  # German words are longer
    ],
)
def test_every_page_is_for_everyone(
    meet: Callable[..., Person], tmp_path: Path, scheme: str, width: int, locale: str
) -> None:
    """Check all that can be checked on one visit of each page, because the visits are what takes the time.

    `meet` fails the test if a page complains, for example of something that the policy refuses.
    """
    options = {"color_scheme": scheme, "locale": locale, **STILL}
    member, visitor = meet(f"everyone{width}", **options), meet("nobody", logged_in=False, **options)
    visitor.forgive("404")
    paths = paths_for(member)
    found = {}

    for person, path in [(member, path) for path in paths] + [(visitor, path) for path in [paths[0], *ANONYMOUS]]:
        found[f"{person.name} {path}"], source = visit(person, path, width)
        (tmp_path / f"{person.name}{path.replace('/', '.')}html").write_text(source)

    assert len(paths) > 12
    assert {path: problems for path, problems in found.items() if problems} == {}
    assert html_faults(tmp_path) == []


@pytest.mark.parametrize("width", [PHONE, 900, 1280])
def test_longest_name_of_a_site_leaves_room_for_the_navigation(meet: Callable[..., Person], width: int) -> None:
    """The name may have 60 letters. The navigation may scroll, but nobody would look for what is hidden."""
    for person in (meet(f"long{width}"), meet("nobody", logged_in=False)):
        page = person.open()
        page.set_viewport_size({"width": width, "height": 900})
        name = "Society for Music " * 3 + "Events"
        page.locator(".brand-name").evaluate("(element, name) => { element.textContent = name; }", name)

        assert not is_too_wide(page)
        assert page.locator(".site-nav").evaluate("(nav) => nav.scrollWidth <= nav.clientWidth")
