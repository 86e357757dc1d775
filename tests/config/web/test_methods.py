"""Test methods that pages do not accept."""

import pytest
from django.test import Client


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/accounts/login/", "/events/1/", "/admin/", "/healthz", "/nothing/"),
        *("/accounts/profile/", "/accounts/verify/x/", "/accounts/email/confirm/x/", "/accounts/email/undo/x/"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_pages_take_only_what_forms_send(client: Client, path: str, method: str) -> None:
    response = client.generic(method, path)

    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, POST")
