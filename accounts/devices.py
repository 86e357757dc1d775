"""The program and the IP address that a request comes from, as the list of logins shows them."""

import ipaddress
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.request import Request

from config.limits.networks import client_address

MAX_USER_AGENT_LENGTH = 200

# Parts of a User-Agent and the program that each stands for. The first match counts, because most browsers also claim
# to be Safari.
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
    """What helps people recognise a login. It proves nothing, so no decision depends on it."""

    user_agent: str = ""
    address: str | None = None


def device_of(request: HttpRequest | Request) -> Device:
    """Return the device that a request comes from, as far as it is known."""
    address = client_address(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_REAL_IP", ""))
    try:
        ipaddress.ip_address(address)
    except ValueError:  # the peer of a unix socket has no IP address
        address = ""
    user_agent = request.META.get("HTTP_USER_AGENT", "").replace("\0", "")
    return Device(user_agent[:MAX_USER_AGENT_LENGTH], address or None)


def name_of(user_agent: str) -> str:
    """Return a name such as "Firefox on Linux". A program that is not a browser keeps the name that it gives itself."""
    program = next((name for sign, name in PROGRAMS.items() if sign in user_agent), user_agent.partition("/")[0][:40])
    system = next((name for sign, name in SYSTEMS.items() if sign in user_agent), "")
    if not program:
        return _("Unknown device")
    return _("%(program)s on %(system)s") % {"program": program, "system": system} if system else program
