"""What a request tells of the program and the place that it comes from."""

import ipaddress
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.request import Request

from config.limits.networks import client_address

MAX_USER_AGENT_LENGTH = 200

# What a User-Agent contains, and what that means; the first that fits, since most of them claim to be Safari as well.
PROGRAMS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "Chrome/": "Chrome",
    "CriOS/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Macintosh": "macOS",
    "Linux": "Linux",
}


@dataclass(frozen=True)
class Device:
    """What to recognise a login by: both are the client's word, and nothing is decided by them."""

    user_agent: str = ""
    address: str | None = None


def device_of(request: HttpRequest | Request) -> Device:
    """Return what the request tells."""
    address = client_address(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_REAL_IP", ""))
    try:
        ipaddress.ip_address(address)
    except ValueError:  # a unix socket's peer has none
        address = ""
    user_agent = request.META.get("HTTP_USER_AGENT", "").replace("\0", "")
    return Device(user_agent[:MAX_USER_AGENT_LENGTH], address or None)


def name_of(user_agent: str) -> str:
    """Return "Firefox on Linux"; of a program that is no browser its name as it gives it."""
    program = next((name for sign, name in PROGRAMS.items() if sign in user_agent), user_agent.partition("/")[0][:40])
    system = next((name for sign, name in SYSTEMS.items() if sign in user_agent), "")
    if not program:
        return _("Unknown device")
    return _("%(program)s on %(system)s") % {"program": program, "system": system} if system else program
