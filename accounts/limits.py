"""Which tries of people count together."""

import unicodedata

from django.http import HttpRequest
from rest_framework.request import Request

from config.limits import count_by, count_by_address


def count_login(request: HttpRequest | Request, email: str) -> None:
    """Count a try to log in, before its password is looked at: for its address and for the account.

    Raises:
        RateLimited
    """
    count_by_address(request, "login_by_address")
    count_by(request, "login_by_account", _account_key(email))


def count_signup(request: HttpRequest | Request) -> None:
    """Count a new account.

    Raises:
        RateLimited
    """
    count_by_address(request, "signup")


def _account_key(email: str) -> str:
    """Return what is the same for every spelling that MariaDB takes for this address: any case, accents, spaces."""
    letters = unicodedata.normalize("NFKD", email.strip().casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
