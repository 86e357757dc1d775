"""Refuse requests that exceed one of the `RATE_LIMITS` in the settings.

django-ratelimit counts them in fixed windows, before any expensive work is done. It increments atomically, so that
simultaneous requests cannot exceed a limit. If `RATE_LIMIT_ENABLED` is false, nothing is limited.
"""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_ratelimit.core import get_usage
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from config.errors import Refusal
from config.limits.networks import client_address, network_of


class RateLimited(Refusal):
    code = "rate_limited"
    message = _("Too many attempts. Please wait a moment.")


def _network_of_request(request: HttpRequest | Request) -> str:
    """Return the network that a request comes from."""
    return network_of(client_address(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_REAL_IP", "")))


def count_by_network(request: HttpRequest | Request, name: str) -> None:
    """Count a request towards the limit of this name for the network that it comes from.

    Raises:
        RateLimited
    """
    _count(request, name, _network_of_request(request))


def count_by(request: HttpRequest | Request, name: str, value: object) -> None:
    """Count a request towards the limit of this name for a value, such as a user's id.

    Raises:
        RateLimited
    """
    _count(request, name, str(value))


def count_write(request: HttpRequest | Request) -> None:
    """Count a request that may change something towards the limit of the user who is logged in.

    Raises:
        RateLimited
    """
    if request.method not in SAFE_METHODS and request.user.is_authenticated:
        count_by(request, "writes", request.user.pk)


def _count(request: HttpRequest | Request, name: str, value: str) -> None:
    usage = get_usage(
        request, group=name, key=lambda group, request: value, rate=settings.RATE_LIMITS[name], increment=True
    )
    if usage and usage["should_limit"]:
        raise RateLimited(wait=max(1, usage["time_left"]))
