"""Compare the two ways in which the API answers a read: without serializers, and with them."""

from typing import Any

from rest_framework.test import APIClient

from tests.pages import Response

# With a parameter for the indentation, even if it asks for none, serializers and REST framework's renderer answer.
WITH_SERIALIZERS = "application/json; indent=0"


def assert_same_with_serializers(client: APIClient, url: str, **headers: str) -> Response:
    """Check that both ways answer alike, byte for byte, and return the answer."""
    plain = client.get(url, headers={"accept": "application/json", **headers})
    assert shown(plain) == shown(client.get(url, headers={"accept": WITH_SERIALIZERS, **headers}))
    return plain


def shown(response: Any) -> tuple[int, dict[str, str], bytes]:
    """Return what a client sees of a response, except the id of the request."""
    headers = {name: value for name, value in response.items() if name != "X-Request-ID"}
    return response.status_code, headers, response.content


def assert_same_pages_with_serializers(client: APIClient, url: str) -> None:
    """Check each page of a list, from this one on, and the page before each."""
    following: str | None = url
    while following:
        response = assert_same_with_serializers(client, following)
        body = response.json()
        if previous := body.get("previous"):
            assert_same_with_serializers(client, previous)
        following = body.get("next")
