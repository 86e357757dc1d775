"""Write a `.env` from `.env.example`, which therefore stays the only list of settings.

Values are written without quotes, because Docker Compose and django-environ read those by different rules.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

# What Compose, django-environ or a shell would not read literally.
_SPECIAL = re.compile(r"""[\x00-\x1f\x7f"'\\$`#]""")


def check_value(value: str) -> None:
    """Refuse a value that some readers of the file would not read literally.

    Raises:
        ValueError: it contains such a character. The message does not quote the value.
    """
    if found := _SPECIAL.search(value):
        raise ValueError(
            f"{found[0]!r} has a special meaning in this file; in a URL, write it as %{ord(found[0]):02X}."
        )


def filled(example: str, values: Mapping[str, str]) -> str:
    """Return the example with these variables set. Everything else, such as the comments, stays as it is.

    Raises:
        ValueError: a value cannot be written.
        KeyError: the example lacks a variable.
    """
    lines = example.split("\n")
    for name, value in values.items():
        check_value(value)
        index = next((index for index, line in enumerate(lines) if line.startswith(f"#{name}=")), None)
        if index is None:
            raise KeyError(name)
        lines[index] = f"{name}={value}"
    return "\n".join(lines)


def create(path: Path, text: str) -> None:
    """Write a file that only its owner can read.

    Raises:
        FileExistsError: there is one already.
    """
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def replace(path: Path, text: str) -> None:
    """Write a file that only its owner can read in place of the one that may be there."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    create(draft, text)
    draft.replace(path)
