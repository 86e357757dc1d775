"""Read and check environment variables, so that a typing error stops the start instead of breaking part of the site.

Every refusal is one line that names the variable and says how to correct it. It never quotes a value that may contain a
password.
"""

import math
import os
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.environment.colours import COLOUR, LEAST_CONTRAST, lowest_contrast, nearest_readable

MIN_SECRET_LENGTH = 32
PLACEHOLDER_SECRET = "change-me"  # noqa: S105 - the example in .env.example, which is refused below
TRUE, FALSE = {"true", "on", "ok", "y", "yes", "1"}, {"false", "off", "n", "no", "0"}
MAX_SITE_NAME_LENGTH = 60
LINK_SCHEMES = ("https://", "http://", "mailto:")
Number = TypeVar("Number", int, float)


class Variables:
    """Reads variables by name. An empty variable counts as unset."""

    def __init__(self, env: Any) -> None:
        self._env = env

    def _text(self, name: str) -> str:
        return str(self._env.str(name, default="")).strip()

    def truth(self, name: str, *, default: bool) -> bool:
        """Return whether it is true. A typing error such as `ture` is refused rather than read as false."""
        text = self._text(name).lower()
        if text and text not in TRUE | FALSE:
            raise ImproperlyConfigured(f"{name} must be true or false, not {text!r}.")
        return text in TRUE if text else default

    def whole(self, name: str, *, default: int, least: int, most: int | None = None) -> int:
        """Return a whole number from `least` to `most`."""
        text = self._text(name)
        return _within(name, _number(name, text), least, most) if text else default

    def seconds(self, name: str, *, default: float, least: float, most: float) -> float:
        """Return a number of seconds, which may be a fraction."""
        text = self._text(name)
        if not text:
            return default
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ImproperlyConfigured(f"{name} must be a number of seconds, not {text!r}.")
        return _within(name, value, least, most)

    def listed(self, name: str, *, default: list[str]) -> list[str]:
        """Return the entries of a comma-separated list, without surrounding spaces."""
        entries = [entry.strip() for entry in self._text(name).split(",")]
        return [entry for entry in entries if entry] or default

    def wholes(self, name: str, *, default: list[int], least: int, most: int, count: int) -> list[int]:
        """Return at most `count` distinct whole numbers. Here an empty variable means an empty list."""
        if self._env.str(name, default=None) is None:
            return default
        numbers = [_within(name, _number(name, text), least, most) for text in self.listed(name, default=[])]
        if len(numbers) > count or len(set(numbers)) < len(numbers):
            raise ImproperlyConfigured(f"{name} must name at most {count} numbers, none of them twice.")
        return numbers

    def fallbacks(self, name: str, *, present: str) -> list[str]:
        """Return former secrets. `present` is the current one, whose variable has the name without `_FALLBACKS`."""
        keys = self.listed(name, default=[])
        of = name.removesuffix("_FALLBACKS")
        for key in keys:
            if is_weak(key):
                raise ImproperlyConfigured(
                    f"{name} must be secrets of at least {MIN_SECRET_LENGTH} characters, separated by commas."
                )
            if key == present:
                raise ImproperlyConfigured(f"{name} must not contain {of} itself: set {of} to a new secret.")
        if len(set(keys)) < len(keys):
            raise ImproperlyConfigured(f"{name} must not contain a secret twice.")
        return keys

    def mail_server(self, name: str, *, default: str) -> tuple[str, dict[str, Any]]:
        """Return the scheme of a mail server's URL, and the Django settings that it stands for."""
        url = self._text(name) or default
        try:
            return url.partition("://")[0], self._env.email_url_config(url)
        except (ValueError, ImproperlyConfigured):
            raise ImproperlyConfigured(
                f"{name} must be smtp://, smtp+tls:// or smtp+ssl://, with user:password@host:port; "
                "percent-encode reserved characters, such as / in a password as %2F."
            ) from None

    def folder(self, name: str) -> Path | None:
        """Return a folder in which this process can write, after creating it; None if the variable is empty."""
        text = self._text(name)
        if not text:
            return None
        path = Path(text)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImproperlyConfigured(f"{name} can’t be created: {error}.") from None
        if not os.access(path, os.W_OK | os.X_OK):
            raise ImproperlyConfigured(f"{name} must be a folder in which this user may write, not {text!r}.")
        return path

    def sentry_dsn(self, name: str) -> str:
        """Return the URL of a project in Sentry, or an empty string."""
        dsn = self._text(name)
        try:
            parts = urlsplit(dsn)
            is_whole = bool(parts.hostname and parts.username) and parts.path.rpartition("/")[2].isdecimal()
        except ValueError:
            is_whole = False
        if dsn and not (is_whole and parts.scheme in {"http", "https"}):
            raise ImproperlyConfigured(f"{name} must be https://key@host/project, as Sentry shows it.")
        return dsn

    def site_name(self, name: str, *, default: str) -> str:
        """Return a name that fits into one line, such as the subject of an email or a title."""
        text = self._text(name) or default
        if len(text) > MAX_SITE_NAME_LENGTH or not text.isprintable():
            raise ImproperlyConfigured(f"{name} must be one line of at most {MAX_SITE_NAME_LENGTH} characters.")
        return text

    def links(self, name: str) -> list[tuple[str, str]]:
        """Return labels and URLs of a list such as `Privacy=https://example.org/privacy,Contact=mailto:a@example.org`."""
        links = []
        for entry in self.listed(name, default=[]):
            label, url = (part.strip() for part in entry.partition("=")[::2])
            if not label or not label.isprintable() or not _is_link(url):
                raise ImproperlyConfigured(
                    f"{name} must be a list such as Privacy=https://example.org/privacy,Contact=mailto:us@example.org, "
                    f"not {entry!r}; percent-encode a comma in a URL as %2C."
                )
            links.append((label, url))
        if len({label.lower() for label, _url in links}) < len(links):
            raise ImproperlyConfigured(f"{name} must not contain a label twice.")
        return links

    def accent(self, name: str) -> str:
        """Return a colour that is read well on every page, in lower case, or an empty string."""
        colour = self._text(name).lower()
        if not colour:
            return ""
        if not COLOUR.fullmatch(colour):
            raise ImproperlyConfigured(f"{name} must be a colour such as #0057b8, not {colour!r}.")
        if (contrast := lowest_contrast(colour)) < LEAST_CONTRAST:
            # Rounded down, so that 4.49 is not said to be 4.5.
            raise ImproperlyConfigured(
                f"{name} {colour} has a contrast of only {math.floor(contrast * 100) / 100:.2f} with the pages; "
                f"text needs {LEAST_CONTRAST}. The nearest colour that has it is {nearest_readable(colour)}."
            )
        return colour

    def choice(self, name: str, *, default: str, choices: list[str]) -> str:
        value = self._text(name) or default
        if value not in choices:
            raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
        return value


def _is_link(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    has_target = bool(parts.hostname) if parts.scheme != "mailto" else "@" in parts.path
    return url.startswith(LINK_SCHEMES) and has_target and url.isprintable() and " " not in url


def is_weak(secret: str) -> bool:
    """Return whether a secret is too short or the one in the example."""
    return len(secret) < MIN_SECRET_LENGTH or PLACEHOLDER_SECRET in secret


def _within(name: str, value: Number, least: Number, most: Number | None) -> Number:
    """Return the number if it is neither below `least` nor above `most`, and refuse it otherwise."""
    if value < least:
        raise ImproperlyConfigured(f"{name} must be {least} or more.")
    if most is not None and value > most:
        raise ImproperlyConfigured(f"{name} must be {most} or less.")
    return value


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {text!r}.") from None
