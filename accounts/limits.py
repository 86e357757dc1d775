"""Which tries of people count together."""

from django.http import HttpRequest
from rest_framework.request import Request

from accounts.identity import guessed_account
from config.limits import count_by, count_by_address


def count_login(request: HttpRequest | Request, email: str) -> None:
    """Count a try to log in, before its password is looked at: for its address and for the account.

    A form that could read no address passes none: that try is nobody's in particular.

    Raises:
        RateLimited
    """
    count_by_address(request, "login_by_address")
    if email:
        count_by(request, "login_by_account", guessed_account(email))


def count_signup(request: HttpRequest | Request) -> None:
    """Count a new account.

    Raises:
        RateLimited
    """
    count_by_address(request, "signup")
