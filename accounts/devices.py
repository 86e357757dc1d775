"""The program that a login was made with, as the list of logins shows it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

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


def name_of(user_agent: str) -> str:
    """Return a name such as "Firefox on Linux". A program that is not a browser keeps the name that it gives itself."""
    program = next((name for sign, name in PROGRAMS.items() if sign in user_agent), user_agent.partition("/")[0][:40])
    system = next((name for sign, name in SYSTEMS.items() if sign in user_agent), "")
    if not program:
        return _("Unknown device")
    return _("%(program)s on %(system)s") % {"program": program, "system": system} if system else program
