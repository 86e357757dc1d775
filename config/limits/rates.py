"""How often something may be asked for: `RATE_LIMITS` in the settings says how often, this says no.

Counted by django-ratelimit in fixed windows, before anything that costs: an atomic increment decides between many at
once. `RATE_LIMIT_ENABLED` lifts all of them.
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


def place_of(request: HttpRequest | Request) -> str:
    """Return what counts as one place that requests come from."""
    return network_of(client_address(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_REAL_IP", "")))


def count_by_network(request: HttpRequest | Request, name: str) -> None:
    """Count one towards the limit of this name of the address.

    Raises:
        RateLimited
    """
    _count(request, name, place_of(request))


def count_by(request: HttpRequest | Request, name: str, value: object) -> None:
    """Count one towards the limit of this name of the value, such as a user's id.

    Raises:
        RateLimited
    """
    _count(request, name, str(value))


def count_write(request: HttpRequest | Request) -> None:
    """Count a request that may change something towards the limit of whoever is logged in.

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
