"""Fragments: parts of pages that each process renders once and keeps.

    {% fragment "events/_strip.html" strip=strip %}
    {% fragment "_sharing.html" fill scheme=request.scheme host=request.get_host %}

The template gets the values that the tag names and the active language, but neither the request nor its user. The
values are plain, and are the key under which the result is kept. So whatever a fragment shows is part of its key: if
anything changes, the next page shows it, and nobody is shown what was rendered for other values.

What is different at each request is filled in afterwards: the values after `fill` are not part of the key and are never
kept. The template can only insert them, as they are: an `if` or a filter would see a placeholder.
"""

import re
import secrets
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple

from django import template
from django.conf import settings
from django.http import QueryDict
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.template.context import Context
from django.template.loader import get_template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeData, SafeString
from django.utils.translation import get_language, get_language_bidi

# How many fragments of one template are kept, those that were used last. Most take 1 to 5 KB.
KEPT = 1_000
# Larger ones are rendered each time. Links repeat the query of a URL, so anybody could make them as large as they like.
MAX_BYTES = 32_000
# What a placeholder begins with. It is different in each process, so no text that people have typed contains it.
MARK = f"\0{secrets.token_hex(8)}:"
PLACEHOLDER = re.compile(rf"{MARK}(\w+)\0")

register = template.Library()

# Text and the names of what is filled in, in turns.
Pieces = tuple[SafeString, ...]


class _TooLarge(Exception):
    """Carries a fragment that is not to be kept: `lru_cache` keeps what a function returns, but not what it raises."""

    def __init__(self, pieces: Pieces) -> None:
        super().__init__()
        self.pieces = pieces


class Params(NamedTuple):
    """The query string of a page, for links that change a part of it: `{% querystring params.dict … %}`."""

    text: str

    @property
    def dict(self) -> QueryDict:
        return QueryDict(self.text)


@register.tag
def fragment(parser: Parser, token: Token) -> "FragmentNode":
    """Include a template that is rendered once for the same values: `{% fragment NAME value=… fill value=… %}`."""
    _tag, name, *bits = token.split_contents()
    end = bits.index("fill") if "fill" in bits else len(bits)
    return FragmentNode(
        name.strip("\"'"), token_kwargs(bits[:end], parser), fillings=token_kwargs(bits[end + 1 :], parser)
    )


class FragmentNode(template.Node):
    def __init__(
        self, template_name: str, values: dict[str, FilterExpression], *, fillings: dict[str, FilterExpression]
    ) -> None:
        self.template_name = template_name
        self.values = values
        self.fillings = fillings

    def render(self, context: Context) -> SafeString:
        return render_fragment(self.template_name, _resolved(self.values, context), _resolved(self.fillings, context))


def _resolved(expressions: Mapping[str, FilterExpression], context: Context) -> dict[str, Any]:
    return {name: each.resolve(context, ignore_failures=True) for name, each in expressions.items()}


def render_fragment(
    template_name: str, values: Mapping[str, Any], fillings: Mapping[str, Any] | None = None
) -> SafeString:
    """Return the template rendered with these values, and with what is filled in; None is filled in as "".

    Raises:
        TypeError: a value is not plain.
    """
    fillings = fillings or {}
    try:
        pieces = kept(template_name)(get_language(), tuple(values), tuple(values.values()), tuple(fillings))
    except _TooLarge as fragment:
        pieces = fragment.pieces
    if len(pieces) == 1:
        return pieces[0]
    texts: list[str] = list(pieces)
    for index in range(1, len(texts), 2):
        value = fillings[texts[index]]
        texts[index] = "" if value is None else conditional_escape(value)
    return SafeString("".join(texts))


@cache
def kept(template_name: str) -> Callable[..., Pieces]:
    """Return the function that renders this template, with its memory. While templates are edited, it keeps nothing.

    It raises _TooLarge instead of returning what is too large to be kept.
    """
    return lru_cache(maxsize=0 if settings.DEBUG else KEPT)(partial(_rendered, template_name))


def _rendered(
    template_name: str,
    language: str | None,
    names: tuple[str, ...],
    values: tuple[object, ...],
    fillings: tuple[str, ...],
) -> Pieces:
    check_plain(values)
    context: dict[str, object] = {
        "LANGUAGE_CODE": language,
        "LANGUAGE_BIDI": get_language_bidi(),
        "LANGUAGES": settings.LANGUAGES,
    }
    context |= zip(names, values, strict=True)
    context |= {name: SafeString(f"{MARK}{name}\0") for name in fillings}
    pieces = tuple(map(SafeString, PLACEHOLDER.split(get_template(template_name).render(context))))
    if sum(map(sys.getsizeof, pieces)) > MAX_BYTES:
        raise _TooLarge(pieces)
    return pieces


def check_plain(values: Iterable[object]) -> None:
    """Refuse values that may compare equal although a template would show something else.

    Rows of the database are equal if their ids are, and a text that is safe HTML is equal to the same text that is to
    be escaped. What remains is that True equals 1, so a value must be a flag always or never, and that a moment equals
    the same one in another time zone, so the zone must be another of the values.

    Raises:
        TypeError
    """
    for value in values:
        if isinstance(value, tuple):
            check_plain(value)
        elif is_dataclass(value):
            check_plain(getattr(value, each.name) for each in fields(value))
        elif isinstance(value, SafeData) or not isinstance(value, str | int | date | None):
            raise TypeError(f"a fragment cannot be kept under {value!r}")
