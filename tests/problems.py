"""Check the form that all refusals of the API share."""

from typing import Any

CONTENT_TYPE = "application/problem+json"


def assert_problem(response: Any, status: int, code: str) -> None:
    """Check the status, the code and the form of a problem, but not its words."""
    assert response.status_code == status
    assert response["Content-Type"] == CONTENT_TYPE
    body = response.json()
    assert (body["type"], body["status"], body["code"]) == ("about:blank", status, code)
    assert body["title"]
    assert body["detail"]
