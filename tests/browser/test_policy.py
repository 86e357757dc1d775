"""Test every page in a real browser: nothing fails, the policy refuses nothing, and no other host is asked.

A test fails if a page logs an error: `meet` checks that. test_everyone.py visits our own pages.
"""

import json
import re
from collections.abc import Callable, Iterator

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import expect

from tests.attacks.routes import all_routes
from tests.browser.people import Person
from tools.stage.live import Deployment

pytestmark = [pytest.mark.browser, pytest.mark.live]

Meet = Callable[..., Person]

# Makes somebody staff and adds a row to every table; prints the first id of each model that the admin shows.
STAFF = """
import json
from django.contrib import admin
from django.contrib.admin.models import ADDITION, LogEntry
from accounts.models import AccountMail, User
from accounts.services import open_api_session
from config.database import database_now
from events.models import Event
from events.services import subscribe

at, user = database_now(), User.objects.get(username={name!r})
User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
open_api_session(user, at=at)
AccountMail.objects.create(kind="verify", address=user.email, user=user, created_at=at)
LogEntry.objects.log_actions(user.pk, [user], ADDITION, single_object=True)
admin.autodiscover()
models = admin.site._registry
firsts = {{each._meta.label_lower: each._base_manager.values_list("pk", flat=True).first() for each in models}}
subscription = user.subscriptions.values_list("pk", flat=True).first()
print(json.dumps([firsts, user.pk, subscription]))
"""
# Files, and pages that end the session.
NO_PAGES = {"/api/schema/", "/admin/jsi18n/", "/admin/logout/", "/admin/autocomplete/"}


def admin_paths(firsts: dict[str, int | None]) -> Iterator[str]:
    """Yield the admin's pages: those of the site, each model's list, and those of its first object."""
    for name in ("index", "password_change", "password_change_done"):
        yield reverse(f"admin:{name}")
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        yield reverse(f"{name}_changelist") + "?q=a&o=1"
        yield reverse(f"{name}_add")
        if first := firsts[model._meta.label_lower]:
            for page in ("change", "history", "delete"):
                yield reverse(f"{name}_{page}", args=[first])
    yield reverse("admin:auth_user_password_change", args=[firsts["accounts.user"]])
    for app in {model._meta.app_label for model in admin.site._registry}:
        yield reverse("admin:app_list", args=[app])


def api_paths(event: int, user: int, subscription: int) -> Iterator[str]:
    """Yield the pages that the API has for a browser."""
    about = {"events": event, "users": user, "subscriptions": subscription}
    for route in all_routes():
        if route.pattern.startswith("api/") and route.rule("GET"):
            thing = next((pk for name, pk in about.items() if name in route.pattern), 0)
            path = "/" + route.pattern.replace("<int:pk>", str(thing))
            yield from [] if path in NO_PAGES else [path]


def visit(person: Person, paths: list[str]) -> list[str]:
    """Open the pages in one tab; return those that were refused."""
    page, refused = person.context.new_page(), []
    for path in paths:
        answer = page.goto(person.url_of(path))
        if answer and answer.status != 200:
            refused.append(f"{answer.status} {path}")
    page.close()
    return refused


def test_refused_and_foreign_requests_are_complaints(meet: Meet) -> None:
    somebody = meet("elsewhere", logged_in=False)
    page = somebody.open("/accounts/login/")
    # Nothing listens there. `evaluate` bypasses the page's policy, except for images.
    with page.expect_console_message(lambda message: message.text.startswith("policy:")):
        page.evaluate("document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1:9/x.png'}))")
    page.goto("data:text/html,<img src=http://127.0.0.1:9/y.png>")

    heard = " ".join(somebody.complaints)
    somebody.forgive("policy|asks|127.0.0.1:9|ERR_")

    assert "policy: img-src refuses http://127.0.0.1:9/x.png" in heard
    assert "asks http://127.0.0.1:9/y.png" in heard


def test_hostile_headline_is_text_in_toast_bell_and_inbox(meet: Meet) -> None:
    reader, headline = meet("target"), "<img src=x onerror=alert(1)>'\"&lt;b&gt;"
    page = reader.open()

    reader.remind(headline)

    expect(page.locator("#toasts .toast").filter(has_text=headline)).to_be_visible()
    page.goto(reader.url_of("/notifications/"))
    expect(page.get_by_role("main")).to_contain_text(headline)
    assert page.locator("img[src=x]").count() == 0


def test_pages_of_the_api_stay_within_the_policy_for_a_visitor(meet: Meet) -> None:
    visitor = meet("nobody", logged_in=False)

    assert visit(visitor, ["/api/docs/", "/api/docs/feed/", "/api/v1/events/"]) == []


def test_pages_of_the_admin_and_the_api_stay_within_the_policy(meet: Meet, deployment: Deployment) -> None:
    member = meet("staff")
    own, _ = member.post("A concert of their own"), member.remind("Concert")
    firsts, user, subscription = json.loads(deployment.shell(STAFF.format(name="staff")))
    paths = [*admin_paths(firsts), *api_paths(own, user, subscription)]

    shown = [path for path in paths if not re.search("/(add|change|delete)/", path) or member.is_shown(path)]

    assert visit(member, shown) == []
    assert len(shown) > 45
