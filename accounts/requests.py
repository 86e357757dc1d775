"""The types of requests in views, and what a request says about its sender: the device and the language.

`TimeMiddleware` in `accounts/middleware.py` sets what the types declare.
"""

import ipaddress
from collections.abc import Callable
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from rest_framework.request import Request

from accounts.devices import MAX_USER_AGENT_LENGTH, Device
from accounts.models import User
from config.limits.networks import client_address


class ReaderRequest(HttpRequest):
    """A request by somebody who may be logged in or not, with its time and the reader's time zone.

    `at()` is the one time at which the request takes place, however often it is asked for. Requests that only read get
    it from the process's clock. Others get it from the database's clock, with one query when they first ask for it.

    `zone()` is None if the reader is not logged in, because their time zone is not known then.
    """

    at: Callable[[], datetime]
    zone: Callable[[], ZoneInfo | None]


class AuthenticatedRequest(ReaderRequest):
    """A request by a user who is logged in."""

    user: User
    zone: Callable[[], ZoneInfo]


def time_of(request: HttpRequest | Request) -> datetime:
    """Return `request.at()` where a framework declares the type of the request, as in the API and in the admin."""
    return cast(ReaderRequest, request).at()


def device_of(request: HttpRequest | Request) -> Device:
    """Return the device that a request comes from, as far as it is known."""
    address = client_address(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_REAL_IP", ""))
    try:
        ipaddress.ip_address(address)
    except ValueError:  # the peer of a unix socket has no IP address
        address = ""
    user_agent = request.META.get("HTTP_USER_AGENT", "").replace("\0", "")
    return Device(user_agent[:MAX_USER_AGENT_LENGTH], address or None)


def language_of(request: HttpRequest | Request) -> str:
    """Return the language that a request asks for by cookie or header; an empty string if it asks for none."""
    asks = settings.LANGUAGE_COOKIE_NAME in request.COOKIES or "Accept-Language" in request.headers
    return translation.get_language_from_request(request) if asks else ""


def keep_language(response: HttpResponseBase, language: str) -> None:
    """Store the chosen language in a cookie of the browser; do nothing if no language was chosen."""
    if language:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite=settings.LANGUAGE_COOKIE_SAMESITE,  # type: ignore[arg-type]  # the stubs type the setting as str
        )
