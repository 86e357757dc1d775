"""Test methods that the API does not accept, HEAD and OPTIONS, and conditional reads."""

import json

import pytest

from tests.attacks.conftest import Stage
from tests.attacks.routes import Route, all_routes
from tests.attacks.test_access import paths_of

pytestmark = pytest.mark.django_db
API = [route for route in all_routes() if route.is_api]
HEADERS = ("ETag", "Cache-Control", "Vary")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def test_operations_say_which_methods_they_take(stage: Stage) -> None:
    wrong = []
    for route in API:
        _, path = next(paths_of(route, stage))
        response = stage.clients["staff"].options(path)
        taken = {method for method in METHODS if route.rule(method)}
        said = set(response["Allow"].split(", ")) - {"HEAD", "OPTIONS"}
        if (response.status_code, said) != (200, taken):
            wrong.append(f"{path}: {response.status_code} {response['Allow']}")

    assert wrong == []


def test_method_that_an_operation_does_not_take_is_a_problem_that_names_the_others(stage: Stage) -> None:
    wrong = []
    for route in API:
        _, path = next(paths_of(route, stage))
        for method in (*METHODS, "TRACE", "BREW"):
            if route.rule(method):
                continue
            response = stage.clients["staff"].generic(method, path)
            code = json.loads(response.content).get("code")
            said = set(response.get("Allow", "").split(", ")) - {"HEAD", "OPTIONS"}
            if (response.status_code, code, said) != (405, "method_not_allowed", {m for m in METHODS if route.rule(m)}):
                wrong.append(f"{method} {path}: {response.status_code} {code} {said}")

    assert wrong == []


@pytest.mark.parametrize("role", ["anonymous", "stranger"])
def test_options_say_the_same_of_what_is_hidden_and_of_what_is_not_there(stage: Stage, role: str) -> None:
    client, wrong = stage.clients[role], []
    for route in API:
        path = hidden_path(route, stage)
        elsewhere = "/" + route.pattern.replace("<int:pk>", "987654").replace("<int:user_id>", "987654")
        here, nowhere = client.options(path), client.options(elsewhere)
        if (here.status_code, here.content) != (nowhere.status_code, nowhere.content):
            wrong.append(f"{path}: {here.content!r}, else {nowhere.content!r}")

    assert wrong == []


def hidden_path(route: Route, stage: Stage) -> str:
    """Return the route's path for the draft, or for the subscriber's own object."""
    *_, (_, path) = paths_of(route, stage)
    return path


@pytest.mark.parametrize("role", ["anonymous", "stranger", "subscriber", "organiser"])
def test_head_answers_as_get_does(stage: Stage, role: str) -> None:
    client, wrong = stage.clients[role], []
    for route in API:
        for _, path in paths_of(route, stage):
            got, head = client.get(path), client.head(path)
            said = [(each.status_code, each["Content-Type"], each.get("ETag")) for each in (got, head)]
            if said[0] != said[1] or head.content:
                wrong.append(f"{path}: {said}")

    assert wrong == []


@pytest.mark.parametrize("role", ["anonymous", "organiser", "staff"])
def test_read_is_not_sent_again_to_a_caller_that_has_it(stage: Stage, role: str) -> None:
    client, reads, wrong = stage.clients[role], 0, []
    for route in all_routes():
        if not route.pattern.startswith("api/") or not route.rule("GET"):
            continue
        for _, path in paths_of(route, stage):
            got = client.get(path)
            if got.status_code != 200 or got["Content-Type"].startswith("text/html"):
                continue
            reads += 1
            for method in ("get", "head"):
                again = getattr(client, method)(path, headers={"if-none-match": got.get("ETag", "none")})
                kept = [again.get(name) for name in HEADERS]
                if again.status_code != 304 or again.content or kept != [got[name] for name in HEADERS]:
                    wrong.append(f"{method} {path}: {again.status_code} {kept}")

    assert wrong == []
    assert reads >= 4
