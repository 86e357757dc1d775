"""Read the claims of the API's tokens."""

from typing import Any

from rest_framework_simplejwt.state import token_backend


def claims_of(access: str) -> dict[str, Any]:
    """Return the claims of an access token that is valid now."""
    claims = dict(token_backend.decode(access))  # type: ignore[arg-type]  # the stubs ask for what comes out of it
    assert claims["token_type"] == "access"
    return claims
