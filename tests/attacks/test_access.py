"""Test every route with every method and every role: who gets access, who doesn't, and that nothing else changes."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.urls import reverse

from config.web.middleware.pages import PAGE_METHODS
from notifications.mail.messages import unsubscribe_token
from tests.attacks import routes
from tests.attacks.conftest import Stage, attacker, tables, undone
from tests.attacks.routes import Route, all_routes
from tests.conftest import PASSWORD
from tests.pages import Response

pytestmark = pytest.mark.django_db

SAFE = ("GET", "HEAD", "OPTIONS")
METHODS = (*SAFE, "POST", "PUT", "PATCH", "DELETE")
LET_IN, LOG_IN, FORBIDDEN, MISSING, NOT_TAKEN = "let in", "log in", "forbidden", "missing", "not taken"
NEW_PASSWORD = "another horse battery staple"

# Valid input for every form and operation, so that a refusal is about permission and not about input.
SENT: dict[str, Any] = {
    "headline": "Changed",
    "start_date": "2030-05-01",
    "start_time": "10:00",
    "starts_at": "2030-05-01T10:00:00Z",
    "time_zone": "Europe/Rome",
    "language": "de",
    "state": "public",
    "message": "Bring a coat.",
    "reason": "spam",  # the reason for a cancellation, and one of those for a report
    "leads": [30],
    "default_leads": [30],
    "mail": ["reminder"],
    "toast": ["reminder"],
    "username": "changed",
    "email": "changed@example.org",
    "password": PASSWORD,
    "old_password": PASSWORD,
    "new_password1": NEW_PASSWORD,
    "new_password2": NEW_PASSWORD,
}
# The roles that may write something, beginning with the one that may write most.
WRITERS = ("organiser", "subscriber", "stranger", "anonymous")
# Declared writes that change no compared table, or that need a secret, a file or a notification that has been read.
WITHOUT_TRACE = {
    "notifications/unread/",
    "notifications/undo/",
    "api/v1/notifications/mark-unread/",
    "events/import/",
    "accounts/login/",
    "accounts/logout/",
    "accounts/verify/<str:token>/",
    "accounts/email/send/",
    "accounts/email/cancel/",
    "accounts/email/confirm/<str:token>/",
    "accounts/email/undo/<str:token>/",
    "accounts/password-reset/<uidb64>/<token>/",
    "api/v1/auth/refresh/",
    "api/v1/auth/logout/",
}


def test_every_route_has_rules_and_every_rule_a_route() -> None:
    here = {route.pattern for route in all_routes() if not route.is_admin}

    assert here == set(routes.RULES)


@pytest.mark.parametrize("role", ["anonymous", "stranger", "subscriber", "organiser", "staff"])
def test_routes_let_in_only_whom_they_should(stage: Stage, role: str) -> None:
    before, wrong = tables(), []
    for route in all_routes():
        for by_token in logins(route, role):
            for state, path in paths_of(route, stage):
                for method in METHODS:
                    with undone() as writes:
                        response = ask(stage, role, route, method, path, by_token=by_token)
                        given, possible = verdict(response), expected(route, method, role, state)
                        asked = f"{method} {path} ({state}{', by token' * by_token}): {response.status_code}"
                        if given not in possible:
                            wrong.append(f"{asked}, not {sorted(possible)}")
                        may_change = method not in SAFE and route.rule(method) and given == LET_IN
                        if not may_change and writes.any and tables() != before:
                            wrong.append(f"{asked} and a changed database")

    assert "\n".join(wrong) == ""


def logins(route: Route, role: str) -> list[bool]:
    """Return the ways to be logged in there: by session, and in the API also by token."""
    return [False, True] if route.is_api and role != "anonymous" else [False]


def test_writes_by_users_with_permission_succeed(stage: Stage) -> None:
    """The matrix sends writes that would succeed with permission, so its refusals are about permission."""
    before, wrong = tables(), []
    for route in all_routes():
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            if route.is_admin or not route.rule(method) or route.pattern in WITHOUT_TRACE:
                continue
            if not any(changes(stage, role, route, method, before) for role in WRITERS):
                wrong.append(f"{method} {route.pattern}")

    assert "\n".join(wrong) == ""


def changes(stage: Stage, role: str, route: Route, method: str, before: dict[str, Any]) -> bool:
    for _, path in paths_of(route, stage):
        with undone():
            ask(stage, role, route, method, path)
            if tables() != before:
                return True
    return False


def paths_of(route: Route, stage: Stage) -> Iterator[tuple[str, str]]:
    """Yield states and paths: for events all three states, otherwise the subscriber's own object."""
    pattern = route.pattern
    if route.is_admin:
        yield "", "/" + _admin_path(pattern)
    elif "events/<int:pk>" in pattern:
        person = stage.people["staff" if "allow" in pattern else "subscriber"]
        assert person
        about_person = re.sub("<int:user_(pk|id)>", str(person.pk), pattern)
        for state, event in stage.events.items():
            yield state, "/" + about_person.replace("<int:pk>", str(event.pk))
    else:
        person = stage.people["subscriber"]
        assert person
        about = {
            "users": person,
            "sessions/api": stage.api_session,
            "sessions/browser": stage.browser_session,
            "events/import": stage.calendar_import,
        }
        pk = next((row.pk for part, row in about.items() if part in pattern), stage.subscription.pk)
        path = pattern.replace("<int:pk>", str(pk)).replace("<uidb64>", "MQ").replace("<str:username>", "organiser")
        path = path.replace("<int:year>/<int:month>", "2027/3")
        tokens = {"unsubscribe": unsubscribe_token(person), "feeds/": stage.calendar_feed.token}
        token = next((token for part, token in tokens.items() if part in pattern), "no-token")
        yield "", "/" + re.sub(r"<(str:)?token>", token, path)


def _admin_path(pattern: str) -> str:
    """Return the path of an admin's route, about the first object of its model."""
    app, _, model = pattern.removeprefix("admin/").partition("/")
    name = model.partition("/")[0]
    known = name and app in apps.app_configs and name in apps.all_models[app]
    first = apps.get_model(app, name)._base_manager.first() if known else None
    path = re.sub(r"\(\?P<app_label>[^)]*\)", "events", pattern).replace("(?P<url>.*)", "nowhere")
    return re.sub(r"<[^>]*>", str(first.pk) if first else "1", path).strip("^$").replace("/^", "/")


def ask(stage: Stage, role: str, route: Route, method: str, path: str, *, by_token: bool = False) -> Response:
    """Send a request with every input that the route could expect."""
    client = attacker(token=stage.tokens[role]) if by_token else attacker(stage.clients[role].cookies)
    notification = stage.notification.pk
    if method in SAFE:
        return client.generic(method, path)
    if route.is_api:
        sent = SENT | {"ids": [notification]}
        if route.pattern == "api/v1/auth/login/":
            sent["email"] = "organiser@example.org"
        return client.generic(method, path, json.dumps(sent), content_type="application/json")
    sent = SENT | {"id": notification, "up_to": notification, "subscription": stage.subscription.pk}
    if method == "POST":
        return client.post(path, sent)
    return client.generic(method, path, urlencode(sent, doseq=True), content_type="application/x-www-form-urlencoded")


def verdict(response: Response) -> str:
    """Describe an answer in a word. A caller with access may still be refused for invalid input."""
    status = response.status_code
    logins = (reverse("accounts:login"), reverse("admin:login"))
    if status == 401 or (status == 302 and response["Location"].partition("?")[0] in logins):
        return LOG_IN
    names = {403: FORBIDDEN, 404: MISSING, 405: NOT_TAKEN}
    return names.get(status) or (LET_IN if status < 500 else str(status))


def expected(route: Route, method: str, role: str, state: str) -> set[str]:
    """Return the verdicts that are correct."""
    if method not in PAGE_METHODS and not route.pattern.startswith("api/"):
        return {NOT_TAKEN}
    if rule := route.rule(method):
        return outcomes(route, rule, role, state)
    if route.pattern.startswith("api/"):
        return {NOT_TAKEN} | ({LET_IN} if method == "OPTIONS" else set()) | ({LOG_IN} if role == "anonymous" else set())
    # A page may refuse a method that it does not accept, or show itself as for a GET.
    return {NOT_TAKEN}.union(*(outcomes(route, each, role, state) for each in route.rules))


def outcomes(route: Route, rule: str, role: str, state: str) -> set[str]:
    """Return the verdicts that a rule allows: one, except in the admin."""
    sees = state in {"", "public"} or role == "organiser" or (state == "private" and role == "subscriber")
    checks: dict[str, Callable[[], str]] = {
        routes.OPEN: lambda: LET_IN,
        routes.PERSONAL: lambda: LET_IN,
        routes.STAFF: lambda: LET_IN if role == "staff" else LOG_IN,
        routes.SEEN_EVENT: lambda: LET_IN if sees else MISSING,
        routes.ACT_ON_EVENT: lambda: LET_IN if sees else MISSING,
        routes.OWN_EVENT: lambda: MISSING if not sees else LET_IN if role == "organiser" else FORBIDDEN,
        routes.SUBSCRIBED_EVENT: lambda: LET_IN if sees and role == "subscriber" else MISSING,
        routes.SUBSCRIPTION: lambda: LET_IN if role == "subscriber" else MISSING,
        routes.CALENDAR_IMPORT: lambda: LET_IN if role == "subscriber" else MISSING,
        routes.LOGIN: lambda: LET_IN if role == "subscriber" else MISSING,
        routes.STAFF_READS: lambda: LET_IN if role == "staff" else FORBIDDEN,
    }
    if role == "anonymous" and rule not in {routes.OPEN, routes.SEEN_EVENT}:
        return {LOG_IN}
    result = {checks[rule]()}
    if route.is_admin and result == {LET_IN}:
        # Some actions are possible for nobody, such as deleting an entry of the admin's log.
        result |= {FORBIDDEN, MISSING, NOT_TAKEN}
    return result
