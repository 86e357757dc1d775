"""Test that the catalogues are complete and up to date, and that the source marks all its texts for translation."""

import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.template.base import Lexer, TokenType
from django.utils.functional import Promise

from config.errors import Refusal
from tools import catalogue
from tools.stage.paths import BASE_DIR

LANGUAGES = catalogue.languages()
ADVICE = "run `make messages`, translate what is empty below locale/, and run it once more"

# Parts of a template that are no text: whole elements, every other tag, and attributes that a partial adds to one.
# Attributes that people read are in SPOKEN.
MARKUP = re.compile(
    r'<!--.*?-->|<(style|script|code|pre)\b.*?</\1>|<[^>]*>|&\w+;|\bdata-[\w-]+(?:="[^"]*")?', re.DOTALL
)
SPOKEN = re.compile(r'\b(?:aria-label|title|placeholder|alt|value)="([^"]*)"')
WORD = re.compile(r"[^\W\d_]{2}")
# Values that readers don't see.
UNSEEN = {"cancel_events", "yes", "keep", "cancel", "delete"}


@pytest.fixture(scope="module")
def source_catalog() -> Catalog:
    return catalogue.extracted()


def strings(language: str) -> list[Message]:
    return [message for message in catalogue.read(language) if message.id]


def key(message: Message) -> tuple[str | None, str]:
    return message.context, str(message.id)


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_holds_the_strings_of_the_source(language: str, source_catalog: Catalog) -> None:
    translated = {key(message) for message in strings(language)}
    marked = {key(message) for message in catalogue.updated(language, source_catalog) if message.id}

    assert {"missing": marked - translated, "obsolete": translated - marked} == {"missing": set(), "obsolete": set()}, (
        ADVICE
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_is_translated(language: str) -> None:
    left = catalogue.untranslated(catalogue.read(language))

    assert [key(message) for message in left] == [], ADVICE


@pytest.mark.parametrize("language", LANGUAGES)
def test_strings_of_django_are_those_that_it_has(language: str) -> None:
    theirs: set[str | None] = set()
    for package in ("conf", "contrib/admin", "contrib/auth"):
        name = Path(django.__file__).parent / package / "locale" / language / "LC_MESSAGES" / "django.po"
        with name.open("rb") as file:
            theirs |= {str(message.id) for message in read_po(file)}

    assert set(catalogue.OF_DJANGO) - theirs == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_compiled_catalogue_says_what_the_catalogue_says(language: str) -> None:
    expected: dict[str, str] = {}
    for message in strings(language):
        singular = message.id if isinstance(message.id, str) else message.id[0]
        name = f"{message.context}\x04{singular}" if message.context else singular
        expected[name] = catalogue.strings_of(message)[-1]

    with catalogue.path_of(language).with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)

    found = {}
    for message in strings(language):
        singular, *plural = [message.id] if isinstance(message.id, str) else message.id
        name = f"{message.context}\x04{singular}" if message.context else singular
        found[name] = compiled.ngettext(name, plural[0], 1_000) if plural else compiled.gettext(name)
    assert found == expected, ADVICE


@pytest.mark.parametrize("language", LANGUAGES)
def test_translation_keeps_the_placeholders(language: str) -> None:
    def placeholders(text: str) -> list[str]:
        return sorted(re.findall(r"%\(\w+\)\w|\{\w*\}|</?\w+", text))

    wrong = []
    for message in strings(language):
        originals = [message.id] if isinstance(message.id, str) else message.id
        wrong += [text for text in catalogue.strings_of(message) if placeholders(text) != placeholders(originals[-1])]

    assert wrong == []


def unmarked(text: str) -> Iterator[str]:
    """Yield the texts of a template that are not marked for translation."""
    parts, depth = [], 0
    for token in Lexer(text).tokenize():
        tag = token.contents.split(maxsplit=1)[0] if token.token_type == TokenType.BLOCK else ""
        depth += tag in {"blocktranslate", "comment"}
        depth -= tag in {"endblocktranslate", "endcomment"}
        if token.token_type == TokenType.TEXT and not depth:
            parts.append(token.contents)
        elif token.token_type in {TokenType.VAR, TokenType.BLOCK}:
            parts.append("{}")
    bare = "".join(parts)
    yield from (said for said in SPOKEN.findall(bare) if WORD.search(said) and said not in UNSEEN)
    yield from (line.strip() for line in MARKUP.sub("\n", bare).splitlines() if WORD.search(line))


def test_unmarked_words_are_found_in_text_and_attributes() -> None:
    template = (
        '<a title="Go on" href="next">Further</a> {% translate "on" %} {# so #} {% comment %}no{% endcomment %} {{ x }}'
    )

    assert list(unmarked(template)) == ["Go on", "Further"]


def test_templates_mark_all_that_they_say() -> None:
    templates = [path for suffix in ("html", "txt") for path in (BASE_DIR / "templates").rglob(f"*.{suffix}")]
    spoken = {str(path.relative_to(BASE_DIR)): list(unmarked(path.read_text())) for path in templates}

    left = {name: said for name, said in spoken.items() if said and not name.startswith(catalogue.UNTRANSLATED)}
    assert len(templates) > 60
    assert left == {}


def refusals(kind: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    yield kind
    for each in kind.__subclasses__():
        yield from refusals(each)


def test_refusals_mark_what_they_say() -> None:
    assert [kind.__name__ for kind in refusals() if not isinstance(kind.message, Promise)] == []
