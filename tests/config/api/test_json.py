"""Test which bodies are read as JSON and which are refused."""

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from tests.makers import Api
from tests.pages import Response
from tests.problems import assert_problem

EVENTS = "/api/v1/events/"


def post_raw(client: APIClient, body: str | bytes, content_type: str = "application/json") -> Response:
    return client.generic("POST", EVENTS, body, content_type=content_type)  # type: ignore[arg-type]  # bytes, too


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "{'headline': 'x'}",
        '{"headline": NaN}',
        '{"headline": Infinity}',
        '{"headline": 1e999}',
        '{"headline": 9223372036854775808}',
        '{"headline": ' + "9" * 5_000 + "}",
        '{"headline": "\\ud800"}',
        '{"\\udfff": 1}',
        b'{"headline": "\xff"}',
        b'\xef\xbb\xbf{"headline": "x"}',
        '{"headline": "x", "headline": "y"}',
        '{"headline": "x", "head\\u006cine": "x"}',
        '{"headline": [{"a": 1, "a": 1}]}',
        "[" * 33 + "]" * 33,
        "[" * 5_000 + "]" * 5_000,
        '{"a":' * 40_000,
    ],
    ids=lambda body: str(body[:30]),
)
def test_body_that_is_no_sound_json_is_a_parse_error(api: Api, organiser: User, body: str | bytes) -> None:
    response = post_raw(api(organiser), body or " ")

    assert_problem(response, 400, "parse_error")


def test_body_nested_32_levels_deep_is_read(api: Api, organiser: User) -> None:
    body = '{"headline": ' + "[" * 31 + "]" * 31 + "}"

    response = post_raw(api(organiser), body)

    assert_problem(response, 400, "invalid")
    assert "headline" in response.json()["fields"]


@pytest.mark.parametrize("number", [2**63 - 1, 1 - 2**63])
def test_numbers_of_64_bits_are_read(api: Api, organiser: User, number: int) -> None:
    response = post_raw(api(organiser), f'{{"headline": {number}}}')

    assert_problem(response, 400, "invalid")


@pytest.mark.parametrize("body", ["[]", '"text"', "1", "null", "true"])
def test_body_that_is_no_object_is_invalid(api: Api, organiser: User, body: str) -> None:
    response = post_raw(api(organiser), body)

    assert_problem(response, 400, "invalid")


def test_body_at_the_limit_is_read_and_one_byte_more_is_too_large(
    api: Api, organiser: User, settings: Settings
) -> None:
    fitting = b'{"a": "' + b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE - 9) + b'"}'

    assert_problem(post_raw(api(organiser), fitting), 400, "invalid")
    assert_problem(post_raw(api(organiser), fitting + b" "), 413, "body_too_large")


def test_browser_that_posts_too_much_gets_a_page(client: Client, organiser: User, settings: Settings) -> None:
    client.force_login(organiser)
    body = "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)

    response = client.post(EVENTS, body, content_type="application/json", headers={"accept": "text/html"})

    assert response.status_code == 413


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"]
)
def test_body_of_another_content_type_is_unsupported(api: Api, organiser: User, content_type: str) -> None:
    response = post_raw(api(organiser), "headline=x", content_type)

    assert_problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("charset", ["utf-8", '"UTF-8"', "latin-1", "utf-16", "rot13", "undefined", "nonsense", ""])
def test_json_is_utf_8_whatever_its_charset_says(api: Api, organiser: User, charset: str) -> None:
    body = '{"headline": "Käse", "starts_at": "2030-05-01T10:00"}'.encode()

    response = post_raw(api(organiser), body, f"application/json; charset={charset}")

    assert (response.status_code, response.json()["headline"]) == (201, "Käse")


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("*/*;q=0", 200),
        ("application/json;q=0", 200),
        ("application/*", 200),
        ("application/json; indent=99999999", 200),
        ("application/json; indent=x", 200),
        ("text/xml, */*;q=x", 200),
        ("text/xml", 406),
        (";;;", 406),
        ("*", 406),
        ("a/b/c", 406),
    ],
)
def test_answer_is_json_or_none_whatever_is_accepted(api: Api, organiser: User, accept: str, status: int) -> None:
    response = api(organiser).get("/api/v1/users/me/", headers={"accept": accept})

    kind = "application/json" if status == 200 else "application/problem+json"
    assert (response.status_code, response["Content-Type"]) == (status, kind)
