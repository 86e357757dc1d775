"""Cleaning the texts that people write, in one place for events, reasons and messages."""

import re

from events.exceptions import InvalidText

# Control characters but tab and newline, and surrogates without their other half: no page and no database shows them.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def clean_line(value: str, *, field: str, max_length: int) -> str:
    """Return the text on one line, without surrounding space.

    Raises:
        InvalidText: too long, or unprintable.
    """
    return clean_text(" ".join(value.split()), field=field, max_length=max_length)


def clean_text(value: str, *, field: str, max_length: int) -> str:
    """Return the text with Unix line ends, without surrounding space.

    Raises:
        InvalidText: too long, or unprintable.
    """
    text = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > max_length:
        raise InvalidText(
            f"At most {max_length:,} characters are possible; these are {len(text):,}.",
            field=field,
        )
    if UNPRINTABLE.search(text):
        raise InvalidText("The text holds characters that cannot be shown.", field=field)
    return text
