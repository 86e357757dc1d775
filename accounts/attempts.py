"""Count login attempts and sign-ups towards their rate limits."""

from django.http import HttpRequest
from rest_framework.request import Request

from accounts.identity import guessed_account
from config.limits.rates import count_by, count_by_network


def count_login(request: HttpRequest | Request, email: str) -> None:
    """Count a login attempt for its network and for the account, before the password is checked.

    `email` is empty if the form could not read one. Such an attempt does not count for any account.

    Raises:
        RateLimited
    """
    count_by_network(request, "login_by_address")
    if email:
        count_by(request, "login_by_account", guessed_account(email))


def count_signup(request: HttpRequest | Request) -> None:
    """Count a sign-up for its network.

    Raises:
        RateLimited
    """
    count_by_network(request, "signup")
