"""Share one deployment and one Chromium between all browser tests. Each test has people of its own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.people import Person
from tests.browser.waiting import PATIENCE_SECONDS
from tools.stage.chromium import chromium
from tools.stage.live import Deployment

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    with Deployment() as deployment:
        yield deployment


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, chromium(playwright) as browser:
        yield browser


@pytest.fixture
def meet(browser: Browser, deployment: Deployment, request: pytest.FixtureRequest) -> Iterator[Callable[..., Person]]:
    """Make people: `meet("reader")` is logged in, `meet("organiser", logged_in=False)` has yet to sign up.

    Whatever their pages complained of, and was not forgiven, fails the test: a script that failed, a resource that is
    missing, a violation of the Content-Security-Policy.
    """
    contexts, people = [], []

    def meet_person(name: str, *, logged_in: bool = True, **options: Any) -> Person:
        options = {
            "locale": "en-GB",
            "timezone_id": "Europe/Rome",
            "viewport": {"width": 1280, "height": 900},
        } | options
        context = browser.new_context(**options)
        contexts.append(context)
        person = Person(name, context, deployment)
        people.append(person)
        if logged_in:
            person.log_in()
        return person

    yield meet_person
    for context in contexts:
        context.close()
    print(deployment.logs())  # noqa: T201 - pytest shows it if the test failed
    assert {person.name: person.complaints for person in people if person.complaints} == {}
