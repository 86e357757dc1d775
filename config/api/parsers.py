"""How the API reads JSON: strictly, and with a limit on nesting."""

import json
import math
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework import parsers
from rest_framework.exceptions import ParseError

from config.database import MAX_INTEGER

# Levels of arrays and objects. Thousands of levels would exhaust the stack of code that walks through the body.
MAX_DEPTH = 32


class JSONParser(parsers.JSONParser):
    """Parse JSON as RFC 8259 and I-JSON (RFC 7493) define it: UTF-8, finite numbers, whole characters, unique names.

    Django has already checked that the body is within DATA_UPLOAD_MAX_MEMORY_SIZE.

    Raises:
        ParseError: the body is not JSON, is nested deeper than MAX_DEPTH, or contains an integer beyond 64 bits, a
            number that is not finite, half of a surrogate pair, or an object that has a name twice.
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
            # Refusals quote their input, and half of a surrogate pair cannot be encoded.
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
    # Programs differ in which of two members with the same name they use.
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
    # Check the length first. Converting thousands of digits is slow, and Python refuses it with a message of its own.
    if len(literal) > 20 or abs(int(literal)) > MAX_INTEGER:
        raise ValueError("a number is too large")
    return int(literal)


def _depth_of(value: Any) -> int:
    """Return how many levels of arrays and objects a value has."""
    if isinstance(value, dict | list):
        children = value.values() if isinstance(value, dict) else value
        return 1 + max(map(_depth_of, children), default=0)
    return 0
