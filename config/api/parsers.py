"""How the API reads JSON: strictly, and no more of it than it can bear."""

import json
import math
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework import parsers
from rest_framework.exceptions import ParseError

from config.database import MAX_INTEGER

# Arrays and objects within each other. A body that nests thousands of them exhausts the stack of whoever walks it.
MAX_DEPTH = 32


class JSONParser(parsers.JSONParser):
    """JSON as RFC 8259 and I-JSON (RFC 7493) have it: UTF-8, finite numbers, whole characters,
    each name once.

    DRF hands it a body that Django has found to be within DATA_UPLOAD_MAX_MEMORY_SIZE.

    Raises:
        ParseError: no JSON, nested deeper than MAX_DEPTH, an integer beyond 64 bits, a number that is not finite,
            half of a surrogate pair, or an object with a name twice.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            value = json.loads(
                stream.read().decode(),
                object_pairs_hook=_object,
                parse_constant=_refuse_constant,
                parse_float=_finite_float,
                parse_int=_int64,
            )
            # Answers quote what they refuse, and half a surrogate pair cannot be encoded again.
            json.dumps(value, ensure_ascii=False).encode()
            depth = _depth_of(value)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"The body isn’t valid JSON: {_reason(error)}.") from error
        if depth > MAX_DEPTH:
            raise ParseError(f"The body is nested more than {MAX_DEPTH} levels deep.")
        return value


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return "it is not Unicode text in UTF-8"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error)


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    # Which of two the sender meant, readers would decide differently.
    found = dict(members)
    if len(found) < len(members):
        raise ValueError("an object has the same name twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} isn’t allowed")


def _finite_float(literal: str) -> float:
    value = float(literal)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _int64(literal: str) -> int:
    # The length first: turning thousands of digits into a number is slow, and refused by Python in words of its own.
    if len(literal) > 20 or abs(int(literal)) > MAX_INTEGER:
        raise ValueError("a number is too large")
    return int(literal)


def _depth_of(value: Any) -> int:
    """Return how many arrays and objects lie within each other."""
    if isinstance(value, dict | list):
        children = value.values() if isinstance(value, dict) else value
        return 1 + max(map(_depth_of, children), default=0)
    return 0
