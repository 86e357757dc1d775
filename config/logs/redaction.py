"""Remove tokens, passwords, email addresses and the secret parts of single-purpose links from logs.

Django logs the path of every refused or failed request, and a traceback shows the values in an error's message. So the
whole text of a record is redacted, after it has been put together.
"""

import logging
import math
import re
from collections.abc import Collection, Mapping
from datetime import date, time
from typing import Any
from urllib.parse import quote

REDACTED = "[redacted]"
# A shorter secret may be an ordinary word in a log line, such as the name of the database.
MIN_SECRET_LENGTH = 6

# As in a URL, or percent-encoded once or more, as in the value of `next=`.
_SLASH = r"(?:/|%(?:25)*2[Ff])"
_EQUALS = r"(?:=|%(?:25)*3[Dd])"
_PATTERNS = [
    # The password in the URL of a server.
    re.compile(r"(\w://[^\s:/@]*:)[^\s/@]+(?=@)"),
    # A JSON Web Token: its first part is the beginning of a JSON object.
    re.compile(r"()eyJ[\w-]+(?:\.[\w-]*){0,2}"),
    re.compile(r"(\b[Bb]earer(?:\s|%20)+)[^\s\"',;]+"),
    # Links in emails, and the URLs of personal calendar feeds.
    re.compile(
        rf"({_SLASH}accounts{_SLASH}(?:password-reset|verify|email{_SLASH}(?:confirm|undo)){_SLASH}"
        rf"|{_SLASH}notifications{_SLASH}unsubscribe{_SLASH}|{_SLASH}feeds{_SLASH})[^\s?#&\"'<>]+"
    ),
    # Values with one of these names in a query string, a cookie, JSON or a printed dictionary. The pattern does not
    # begin at a word boundary, because "%3Finvite" has none.
    re.compile(
        r"((?:invite|ticket|access|refresh|password|sessionid|csrftoken|csrfmiddlewaretoken)"
        rf"(?:{_EQUALS}|[\"']\s*:\s*\[?[\"']))[\w.~+-]+"
    ),
    # The email address of a person, which mail servers and databases quote in their errors. It begins at a word
    # boundary and has a bounded length, so that no text takes long to search.
    re.compile(r"()\b[\w.+-]{1,64}(?:@|%(?:25)*40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"),
]


def redact(text: str) -> str:
    """Return the text without email addresses, tokens, passwords and other values that give access to anything."""
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<1>{REDACTED}", text)
    return text


class Redaction:
    """Redacts texts, and leaves out `secrets` as well, which are the deployment's own.

    The error of a server may repeat what it was sent. For example, an old Redis quotes the password of a login that it
    does not understand.
    """

    def __init__(self, secrets: Collection[str] = ()) -> None:
        known = {each for each in secrets if len(each) >= MIN_SECRET_LENGTH}
        self._secrets = sorted(known | {quote(each, safe="") for each in known}, key=len, reverse=True)

    def of_text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        return redact(text)

    def of_value(self, value: Any) -> Any:
        """Return plain data for JSON in which every text is redacted, keys and the texts of other objects included."""
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float) and math.isfinite(value):
            return value
        if isinstance(value, date | time):
            return value.isoformat()
        if isinstance(value, Mapping):
            return {self.of_text(str(key)): self.of_value(each) for key, each in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.of_value(each) for each in value]
        return self.of_text(str(value))


class WithoutTraceback(logging.Filter):
    """Removes the traceback from records that anybody can cause and whose line says everything."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = None
        return True
