"""Log programs in over the API."""

from typing import Any

from rest_framework.test import APIClient

from accounts.models import User
from tests.conftest import PASSWORD

AUTH = "/api/v1/auth/"
ME = "/api/v1/users/me/"


def log_in(user: User) -> dict[str, str]:
    response = APIClient().post(f"{AUTH}login/", {"email": user.email, "password": PASSWORD})
    assert response.status_code == 200
    return dict(response.json())


def refresh(token: str) -> Any:
    return APIClient().post(f"{AUTH}refresh/", {"refresh": token})


def status_with(access: str) -> int:
    """Return how the API answers to an access token."""
    return APIClient().get(ME, headers={"authorization": f"Bearer {access}"}).status_code
