"""Which tries of people count together."""

from django.http import HttpRequest
from rest_framework.request import Request

from accounts.identity import guessed_account
from config.limits.rates import count_by, count_by_network


def count_login(request: HttpRequest | Request, email: str) -> None:
    """Count an attempt to log in, for its network address and for the account, before its password is checked.

    `email` is empty if the form could not read one; such an attempt counts for no account.

    Raises:
        RateLimited
    """
    count_by_network(request, "login_by_address")
    if email:
        count_by(request, "login_by_account", guessed_account(email))


def count_signup(request: HttpRequest | Request) -> None:
    """Count a new account.

    Raises:
        RateLimited
    """
    count_by_network(request, "signup")
