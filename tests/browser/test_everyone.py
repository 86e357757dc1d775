"""Test every page for accessibility: with axe in both colour schemes, with an HTML checker, and at 320 px width."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Page

from tests.browser.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.live]

# WCAG 2.2 AA and axe's best practices, such as landmarks and the order of headings.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# A toast that appears during the check is checked as well, but without being half faded in.
STILL = {"reduced_motion": "reduce"}
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
    paths = [f"/events/{other}/"]
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


@pytest.mark.parametrize(
    ("scheme", "width"), [pytest.param("light", 1280, id="light, desktop"), pytest.param("dark", 390, id="dark, phone")]
)
def test_every_page_is_accessible(meet: Callable[..., Person], scheme: str, width: int) -> None:
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}, **STILL}
    member, visitor = meet(f"axe{width}", **options), meet("nobody", logged_in=False, **options)
    found = {}

    paths = paths_for(member)
    for person, each in [(member, path) for path in paths] + [(visitor, path) for path in ANONYMOUS]:
        page = person.open(each)
        found[f"{person.name} {each}"] = faults(page)
        page.close()

    visitor.forgive("404")
    assert len(paths) > 12
    assert {path: problems for path, problems in found.items() if problems} == {}


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])  # German words are longer
def test_no_page_is_wider_than_a_narrow_phone(meet: Callable[..., Person], locale: str) -> None:
    options = {"viewport": {"width": 320, "height": 700}, "locale": locale, **STILL}
    member, visitor = meet(f"narrow-{locale.lower()}", **options), meet("nobody", logged_in=False, **options)
    wide = []

    for person, each in [(member, path) for path in paths_for(member)] + [(visitor, path) for path in ANONYMOUS]:
        page = person.open(each)
        if is_too_wide(page):
            wide.append(f"{person.name} {each}")
        page.close()

    visitor.forgive("404")
    assert wide == []


def test_every_page_is_valid_html(meet: Callable[..., Person], tmp_path: Path) -> None:
    member, visitor = meet("valid"), meet("nobody", logged_in=False)
    for person, paths in ((member, paths_for(member)), (visitor, ANONYMOUS)):
        for path in paths:
            file = tmp_path / f"{person.name}{path.replace('/', '.')}html"
            file.write_text(person.source_of(path))

    checked = subprocess.run(["java", "-jar", CHECKER, "--format", "json", tmp_path], capture_output=True, text=True)

    complaints = [
        f"{Path(each['url']).name}:{each.get('lastLine')} {each['message']}"
        for each in json.loads(checked.stderr)["messages"]
        if each["type"] != "info"  # it warns of the year 9999, our limit
    ]
    assert complaints == []
