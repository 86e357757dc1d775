"""Test that the API negotiates formats as REST framework does."""

from typing import Any

import pytest
from django.http import Http404
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.models import User
from config.api.negotiation import ContentNegotiation
from tests.makers import Api

JSON_FIRST, PAGES_FIRST = (JSONRenderer, BrowsableAPIRenderer), (BrowsableAPIRenderer, JSONRenderer)


def outcome(negotiation: DefaultContentNegotiation, classes: Any, query: str, headers: dict[str, str]) -> Any:
    """Return the kind of renderer and the media type, or the kind of refusal."""
    request = Request(APIRequestFactory().get(f"/{query}", headers=headers))
    try:
        renderer, media_type = negotiation.select_renderer(request, [each() for each in classes])
    except (Http404, NotAcceptable) as refusal:
        return type(refusal)
    return type(renderer), media_type


@pytest.mark.parametrize("classes", [JSON_FIRST, PAGES_FIRST], ids=["json first", "pages first"])
@pytest.mark.parametrize("query", ["", "?format=", "?format=json", "?format=api", "?format=xml"])
@pytest.mark.parametrize(
    "accept",
    [
        *(None, "", "*/*", "application/json", "text/html", " application/json ", "application/json;q=0"),
        *("application/json; indent=4", "application/json, text/plain, */*", "text/html,*/*;q=0.8", "text/xml", "*"),
    ],
)
def test_format_is_the_one_that_rest_framework_chooses(accept: str | None, query: str, classes: Any) -> None:
    headers = {} if accept is None else {"accept": accept}

    chosen, expected = (
        outcome(negotiation, classes, query, headers)
        for negotiation in (ContentNegotiation(), DefaultContentNegotiation())
    )

    assert chosen == expected


@pytest.mark.parametrize("indent", ["indent=2", "INDENT=2"])
@pytest.mark.parametrize("path", ["events/", "notifications/"])
def test_indentation_is_kept_where_serializers_are_not_needed(
    api: Api, organiser: User, path: str, indent: str
) -> None:
    response = api(organiser).get(f"/api/v1/{path}", headers={"accept": f"application/json; {indent}"})

    assert response.content == b'{\n  "next": null,\n  "previous": null,\n  "results": []\n}'
