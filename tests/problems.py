"""What every refusal of the API looks like."""

from typing import Any

CONTENT_TYPE = "application/problem+json"


def assert_problem(response: Any, status: int, code: str) -> None:
    """Check status, code and form of a problem, without its words."""
    assert response.status_code == status
    assert response["Content-Type"] == CONTENT_TYPE
    body = response.json()
    assert (body["type"], body["status"], body["code"]) == ("about:blank", status, code)
    assert body["title"]
    assert body["detail"]
