"""Test which answers are compressed, and that their length reveals nothing."""

import gzip

import pytest
from django.test import Client

from tests.makers import MakeEvent
from tests.pages import Response

pytestmark = pytest.mark.django_db


def get(client: Client, path: str, accepted: str = "gzip, br") -> Response:
    return client.get(path, headers={"Accept-Encoding": accepted})


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/no-such-page/", "/admin/login/"])
def test_page_is_compressed_for_clients_that_accept_it(client: Client, path: str) -> None:
    response = get(client, path)

    assert response["Content-Encoding"] == "gzip"
    assert response["Content-Length"] == str(len(response.content))
    assert "Accept-Encoding" in response["Vary"]
    assert gzip.decompress(response.content).lstrip().lower().startswith(b"<!doctype html>")


def test_page_is_plain_for_clients_that_accept_nothing_else(client: Client) -> None:
    assert not get(client, "/", "identity").has_header("Content-Encoding")


def test_length_of_one_page_varies_at_random(client: Client) -> None:
    lengths = {len(get(client, "/").content) for _ in range(12)}

    assert len(lengths) > 1


@pytest.mark.parametrize("path", ["/api/v1/events/", "/api/docs/", "/healthz", "/events/{pk}/calendar.ics"])
def test_files_and_the_api_are_not_compressed(client: Client, make_event: MakeEvent, path: str) -> None:
    event = make_event(description="So long that it would be worth it. " * 20)

    response = get(client, path.format(pk=event.pk))

    assert (response.status_code, response.has_header("Content-Encoding")) == (200, False)


@pytest.mark.parametrize("query", ["invite=guess", "x=%3Finvite=guess", "x&xinvite=guess", "=guess"])
def test_page_with_an_invite_that_repeats_a_guess_is_not_compressed(
    client: Client, make_event: MakeEvent, query: str
) -> None:
    event = make_event(state="private")
    client.force_login(event.author)
    path = f"/events/{event.pk}/"

    assert get(client, path)["Content-Encoding"] == "gzip"
    assert not get(client, f"{path}?{query}").has_header("Content-Encoding")


def test_page_without_an_invite_is_compressed_whatever_its_query_string(client: Client, make_event: MakeEvent) -> None:
    event = make_event(state="public")
    client.force_login(event.author)

    assert get(client, f"/events/{event.pk}/?x=guess")["Content-Encoding"] == "gzip"
