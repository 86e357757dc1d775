"""Test that the schema is complete, with examples, problems and security."""

import json
from typing import Any
from unittest import mock

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from tests.problems import CONTENT_TYPE


@pytest.fixture
def operations(client: Client) -> dict[str, Any]:
    """Return each operation of the schema by "METHOD path"."""
    schema = client.get("/api/schema/", headers={"accept": "application/vnd.oai.openapi+json"}).json()
    return {
        f"{method.upper()} {path}": operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }


def test_schema_has_every_operation(operations: dict[str, Any]) -> None:
    assert sorted(operation.replace("/api/v1/", "") for operation in operations) == [
        "DELETE events/{id}/",
        "DELETE events/{id}/subscribers/{user_id}/",
        "DELETE subscriptions/{id}/",
        "DELETE users/me/",
        "DELETE users/me/calendar-feed/",
        "GET events/",
        "GET events/{id}/",
        "GET events/{id}/subscribers/",
        "GET notifications/",
        "GET notifications/unread-count/",
        "GET subscriptions/",
        "GET subscriptions/{id}/",
        "GET users/",
        "GET users/me/",
        "GET users/me/calendar-feed/",
        "GET users/{id}/",
        "PATCH events/{id}/",
        "PATCH subscriptions/{id}/",
        "PATCH users/me/",
        "POST auth/feed-ticket/",
        "POST auth/login/",
        "POST auth/logout/",
        "POST auth/refresh/",
        "POST auth/signup/",
        "POST events/",
        "POST events/{id}/announce/",
        "POST events/{id}/cancel/",
        "POST events/{id}/report/",
        "POST events/{id}/subscribe/",
        "POST events/{id}/unsubscribe/",
        "POST notifications/mark-read/",
        "POST notifications/mark-unread/",
        "POST users/me/calendar-feed/",
        "PUT events/{id}/",
    ]


def test_schema_sums_up_and_describes_every_operation_and_gives_an_example(operations: dict[str, Any]) -> None:
    for name, operation in operations.items():
        assert operation["summary"], name
        assert operation["description"], name
        bodies = [response for status, response in operation["responses"].items() if status < "300"]
        if "requestBody" in operation:
            bodies.append(operation["requestBody"])
        for body in bodies:
            for content in body.get("content", {}).values():
                assert content["examples"], name


def test_schema_names_the_problems_of_every_operation(operations: dict[str, Any]) -> None:
    by_name = {name: {status for status in each["responses"] if status >= "400"} for name, each in operations.items()}

    assert by_name["GET /api/v1/events/"] == {"400", "401", "406", "429", "503"}
    assert by_name["GET /api/v1/notifications/unread-count/"] == {"401", "406", "429", "503"}
    assert by_name["POST /api/v1/auth/login/"] == {"400", "401", "406", "413", "415", "429", "503"}
    assert by_name["PATCH /api/v1/events/{id}/"] == {
        *("400", "401", "403", "404", "406", "409", "412", "413", "415", "429", "503")
    }
    assert by_name["POST /api/v1/events/{id}/announce/"] == {
        *("400", "401", "403", "404", "406", "409", "413", "415", "422", "429", "503")
    }
    assert by_name["GET /api/v1/users/"] == {"400", "401", "403", "406", "429", "503"}


def test_schema_says_where_the_answer_to_too_many_requests_says_when_to_come_back(operations: dict[str, Any]) -> None:
    responses = operations["POST /api/v1/events/{id}/announce/"]["responses"]

    assert {status for status, response in responses.items() if "Retry-After" in response.get("headers", {})} == {"429"}


def test_schema_says_of_every_read_how_not_to_be_sent_it_again(operations: dict[str, Any]) -> None:
    reads = {name: operation for name, operation in operations.items() if name.startswith("GET ")}

    for name, operation in reads.items():
        assert {"$ref": "#/components/parameters/IfNoneMatch"} in operation["parameters"], name
        assert "ETag" in operation["responses"]["200"]["headers"], name
        assert "304" in operation["responses"], name


def test_schema_gives_an_example_of_each_refusal(operations: dict[str, Any]) -> None:
    response = operations["POST /api/v1/events/{id}/subscribe/"]["responses"]["409"]

    examples = response["content"][CONTENT_TYPE]["examples"].values()
    assert {example["value"]["code"] for example in examples} == {
        *("own_event", "draft", "cancelled", "over", "already_subscribed", "quota_exceeded"),
        "subscription_refused",
    }


def test_schema_says_who_must_log_in(operations: dict[str, Any]) -> None:
    login: list[dict[str, list[str]]] = [{"token": []}, {"cookieAuth": []}]
    no_login: dict[str, list[str]] = {}

    assert operations["GET /api/v1/events/"]["security"] == [*login, no_login]
    assert operations["POST /api/v1/events/"]["security"] == login
    assert operations["POST /api/v1/auth/login/"]["security"] == [no_login]


def test_schema_is_json_that_can_be_read_back(client: Client) -> None:
    response = client.get("/api/schema/", headers={"accept": "application/vnd.oai.openapi+json"})

    assert json.loads(response.content)["openapi"] == "3.0.3"


def test_schema_is_written_once_for_everybody(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get("/api/schema/")
    monkeypatch.setattr(SchemaGenerator, "parse", mock.Mock(side_effect=AssertionError))

    again = client.get("/api/schema/", headers={"host": "localhost"})

    assert (again.status_code, again.content) == (200, first.content)
