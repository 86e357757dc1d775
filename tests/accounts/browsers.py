"""Log browsers in through the login page."""

from django.test import Client

from accounts.models import User
from tests.conftest import PASSWORD

SESSIONS = "/accounts/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)


def log_in_browser(user: User, user_agent: str = FIREFOX, path: str = "/accounts/login/") -> Client:
    """Return a browser that the user has logged in with, on the page."""
    client = Client(headers={"user-agent": user_agent}, REMOTE_ADDR="192.0.2.7")
    assert client.post(path, {"username": user.email, "password": PASSWORD}).status_code == 302
    return client


def is_logged_in(client: Client) -> bool:
    return client.get("/accounts/profile/").status_code == 200
