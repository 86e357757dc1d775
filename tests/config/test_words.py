"""Words that are gone from what people read, in every language and wherever they read it.

Pages, emails, the API's documentation, commands and documents share one vocabulary: people subscribe to an event, are
reminded or notified, and get emails. The words below were used before; each would be a second name for the same thing.
"""

import ast
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.core.management import get_commands, load_command_class
from django.template.base import Lexer, TokenType
from django.urls import URLPattern
from drf_spectacular.generators import SchemaGenerator

from config.api_urls import router, v1
from tests.syntax import syntax_of
from tools import catalogue
from tools.stage.paths import BASE_DIR

# What to say instead is in the comments.
GONE = {
    "en": [
        r"told",  # notified, reminded
        r"mailed|e-mail(s|ed|ing)?",  # email, emailed
        r"notices?",  # notification
        r"whoever",  # anyone who
        r"mend(s|ed|ing)?",  # fix
        r"begun",  # started
        r"headlines?",  # title
        r"leads?",  # reminder, reminder time
        r"resen(d|ds|ding|t)",  # send again
        r"follow(s|ed|ing|ers?)?",  # subscribe, subscriber
        r"^(leave|cancel) it$",  # as a label: the verb and its object, or Discard or Back
    ],
    "de": [
        r"Bescheid",  # Benachrichtigung
        r"Mitteilung(en)?",  # Benachrichtigung
        r"(ge)?mail(t|e|en|st)",  # per E-Mail senden
        r"e-?mailen|email(s|s?adressen?)?",  # E-Mail
        r"folg(e|st|t|en|te|ten|test)|follower",  # abonnieren
    ],
}

# Phrases in which such a word is right, and why.
RIGHT = [
    (r"follow(s|ed|ing)? ((a|the|this|that|its) )?(links?|redirects?)", "nobody subscribes to those"),
    (r"(the|these) following\b", "it means: what comes next"),
    (r"folg\w* (dem|einem|diesem|den) (\w+ )?Links?", "nobody subscribes to those"),
]


class Sentence(NamedTuple):
    """A text that people read, and its position."""

    position: str
    text: str


class Offence(NamedTuple):
    """A word that must no longer be used, with the text around it."""

    position: str
    word: str
    around: str


def offences(sentence: Sentence, language: str) -> Iterator[Offence]:
    """Yield the words in a text that must no longer be used in its language."""
    text = " ".join(sentence.text.split())
    for pattern, _reason in RIGHT:
        text = re.sub(pattern, "…", text, flags=re.IGNORECASE)
    for word in GONE[language]:
        for found in re.finditer(rf"(?<![\w%({{])(?:{word})(?!\w)", text, re.IGNORECASE):
            yield Offence(sentence.position, found[0], text[max(0, found.start() - 40) : found.end() + 40])


def left(sentences: Iterator[Sentence], language: str = "en", *, least: int) -> list[Offence]:
    """Return all offences. Fail if there are fewer than `least` texts, because then they were not read."""
    read = list(sentences)
    assert len(read) >= least
    return sorted({offence for sentence in read for offence in offences(sentence, language)})


# Readers: each yields what people read in one kind of file.


def strings_of_the_source() -> Iterator[Sentence]:
    for message in catalogue.extracted():
        if message.id:
            texts = [message.id] if isinstance(message.id, str) else message.id
            position = ", ".join(f"{name}:{line}" for name, line in message.locations)
            yield from (Sentence(position, text) for text in texts)


def translations(language: str) -> Iterator[Sentence]:
    for message in catalogue.read(language):
        if message.id and message.context != "city":
            yield from (Sentence(f"{language}: {message.id!r}", text) for text in catalogue.strings_of(message))


# Parts of a template that are no text: comments, code, and tags, whose attributes are read separately.
MARKUP = re.compile(r'<!--.*?-->|<(style|script|code|pre)\b.*?</\1>|<[^>]*>|\bdata-[\w-]+="[^"]*"', re.DOTALL)
ATTRIBUTE = re.compile(r'\b(?:aria-label|title|alt|placeholder|value|label|content)="([^"]*)"')


def words_of_template(name: str, text: str) -> Iterator[Sentence]:
    """Yield each line that a template shows, and each attribute that is read out or shown."""
    parts, is_comment = [], False
    for token in Lexer(text).tokenize():
        tag = token.contents.split(maxsplit=1)[0] if token.token_type == TokenType.BLOCK else ""
        is_comment = tag == "comment" or (is_comment and tag != "endcomment")
        if token.token_type == TokenType.TEXT:
            parts.append("\n" * token.contents.count("\n") if is_comment else token.contents)
        elif tag in {"translate", "trans"}:
            parts += re.findall(r'"([^"]*)"', token.contents)[:1]
        elif token.token_type == TokenType.VAR:
            parts.append("…")
    bare = "".join(parts)
    for found in ATTRIBUTE.finditer(bare):
        yield Sentence(f"{name}:{bare[: found.start()].count(chr(10)) + 1}", found[1])
    plain = MARKUP.sub(lambda found: " " + "\n" * found[0].count("\n"), bare)
    for number, line in enumerate(plain.splitlines(), 1):
        if line.strip():
            yield Sentence(f"{name}:{number}", line)


def templates() -> Iterator[Sentence]:
    for path in sorted((BASE_DIR / "templates").rglob("*.*")):
        if path.suffix in {".html", ".txt"}:
            yield from words_of_template(str(path.relative_to(BASE_DIR)), path.read_text())


def without_code(text: str) -> str:
    """Return a Markdown text without code, where field names are allowed, and without the targets of links."""
    return re.sub(r"```.*?```|`[^`\n]*`|\]\([^)]*\)", lambda code: "\n" * code[0].count("\n"), text, flags=re.DOTALL)


def words_of_schema(part: Any, position: str = "schema") -> Iterator[Sentence]:
    """Yield the titles, summaries and descriptions of a schema, also those of examples, but not their values."""
    if isinstance(part, list):
        for index, each in enumerate(part):
            yield from words_of_schema(each, f"{position}/{index}")
    elif isinstance(part, dict):
        for key, each in part.items():
            # Examples of problems are named after their codes, which programs compare.
            if key in {"example", "value", "application/problem+json"}:
                continue
            if not isinstance(each, str):
                yield from words_of_schema(each, f"{position}/{key}")
            elif key in {"title", "summary", "description"}:
                yield Sentence(f"{position}/{key}", without_code(each))


def browsable_api() -> Iterator[Sentence]:
    """Yield the docstring of each view, which the browsable API shows."""
    views = [each.callback for each in (*v1, *router.urls) if isinstance(each, URLPattern)]
    for view in {each.cls for each in views if hasattr(each, "cls")}:
        yield Sentence(f"{view.__module__}.{view.__name__}", without_code(view.__doc__ or ""))


def commands() -> Iterator[Sentence]:
    for name, app in sorted(get_commands().items()):
        if app in catalogue.SOURCES:
            parser = load_command_class(app, name).create_parser("manage.py", name)
            yield Sentence(f"manage.py {name} --help", parser.format_help())


def documents() -> Iterator[Sentence]:
    """Yield the paragraphs, list entries and rows of README, docs and the documents beside them."""
    for path in sorted([*BASE_DIR.glob("*.md"), *BASE_DIR.glob("docs/*.md")]):
        yield from words_of_document(str(path.relative_to(BASE_DIR)), path.read_text())


def words_of_document(name: str, text: str) -> Iterator[Sentence]:
    number = 1
    for paragraph in re.split(r"(?<=\n)(?=\n|- |\||\d\. )", without_code(text)):
        if paragraph.strip():
            yield Sentence(f"{name}:{number}", paragraph)
        number += paragraph.count("\n")


def terminal() -> Iterator[Sentence]:
    """Yield the help lines of the Makefile, the comments of .env.example and the usage texts of the tools."""
    for name, pattern in (("Makefile", r"## (.+)"), (".env.example", r"^# (.+)")):
        for number, line in enumerate((BASE_DIR / name).read_text().splitlines(), 1):
            yield from (Sentence(f"{name}:{number}", said) for said in re.findall(pattern, line))
    for path in sorted((BASE_DIR / "tools").rglob("*.py")):
        said = ast.get_docstring(syntax_of(path.read_text())) or ""
        yield Sentence(str(path.relative_to(BASE_DIR)), without_code(said))


# Texts must not contain such a word


def test_no_string_of_the_source_has_a_word_that_is_gone() -> None:
    assert left(strings_of_the_source(), least=400) == []


@pytest.mark.parametrize("language", sorted(GONE.keys() - {"en"}))
def test_no_translation_has_a_word_that_is_gone(language: str) -> None:
    assert left(translations(language), language, least=400) == []


def test_no_template_has_a_word_that_is_gone() -> None:
    assert left(templates(), least=400) == []


def test_no_description_in_the_schema_has_a_word_that_is_gone() -> None:
    assert left(words_of_schema(SchemaGenerator(api_version="1").get_schema(public=True)), least=100) == []


def test_no_view_of_the_browsable_api_has_a_word_that_is_gone() -> None:
    assert left(browsable_api(), least=10) == []


def test_no_help_of_a_command_has_a_word_that_is_gone() -> None:
    assert left(commands(), least=5) == []


def test_no_paragraph_of_a_document_has_a_word_that_is_gone() -> None:
    assert left(documents(), least=400) == []


def test_words_are_read_in_the_readme_and_every_document_of_docs() -> None:
    read = {sentence.position.partition(":")[0] for sentence in documents()}

    assert {"README.md", *(f"docs/{path.name}" for path in (BASE_DIR / "docs").iterdir())} <= read


def test_no_line_of_the_terminal_has_a_word_that_is_gone() -> None:
    assert left(terminal(), least=50) == []


# Such words would be found

PROBES = {
    "en": [
        ("You are told in time.", "told"),
        ("It is mailed to you.", "mailed"),
        ("Your e-mail address", "e-mail"),
        ("E-mailed at 18:00", "E-mailed"),
        ("All notices", "notices"),
        ("Whoever has this link", "Whoever"),
        ("Please mend this", "mend"),
        ("It has already begun.", "begun"),
        ("Headline", "Headline"),
        ("At most 10 leads", "leads"),
        ("Resend the email", "Resend"),
        ("1 person follows", "follows"),
        ("12 followers", "followers"),
        ("You are following it", "following"),
        ("Leave it", "Leave it"),
        ("Cancel\n  it", "Cancel it"),
    ],
    "de": [
        ("Du bekommst Bescheid.", "Bescheid"),
        ("Eine neue Mitteilung", "Mitteilung"),
        ("Es wird gemailt.", "gemailt"),
        ("Wir mailen dir.", "mailen"),
        ("Deine Email", "Email"),
        ("Du folgst dem Termin.", "folgst"),
        ("Leute, die ihm folgen", "folgen"),
    ],
}


@pytest.mark.parametrize(
    ("language", "text", "word"), [(language, *probe) for language, probes in PROBES.items() for probe in probes]
)
def test_word_that_is_gone_is_found(language: str, text: str, word: str) -> None:
    assert [found.word for found in offences(Sentence("here", text), language)] == [word]


@pytest.mark.parametrize("language", GONE)
def test_every_word_that_is_gone_has_a_probe(language: str) -> None:
    probed = [word for _text, word in PROBES[language]]

    assert [
        each for each in GONE[language] if not any(re.fullmatch(each, word, re.IGNORECASE) for word in probed)
    ] == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Emailed at 18:00, and %(headline)s is ahead of {lead}, its leader and mentor."),
        ("en", "Mail scanners follow links. The following limits apply."),
        ("en", "This event can’t go back to draft. Cancel it instead, or leave it unread."),
        ("de", "Folge dem Link. Die folgenden Termine kommen per E-Mail; E-Mails sind bescheiden."),
    ],
)
def test_other_words_are_left_alone(language: str, text: str) -> None:
    assert [found.word for found in offences(Sentence("here", text), language)] == []


def test_template_is_read_in_text_attributes_and_tags_but_not_in_code() -> None:
    template = (
        '<p class="lead" title="a {{ headline }}">b <code>headline</code></p>\n'
        '{% comment %}\nno{% endcomment %}{# no #}<a aria-label="{% translate "c" context "lead" %}">'
        "{% blocktranslate trimmed %}\nd\n{% endblocktranslate %}</a><meta name=\"description\" content='x'>"
    )

    assert [(position, text.strip()) for position, text in words_of_template("t", template)] == [
        ("t:1", "a …"),
        ("t:3", "c"),
        ("t:1", "b"),
        ("t:4", "d"),
    ]


def test_schema_is_read_with_its_examples_but_without_code_and_values() -> None:
    schema = {
        "info": {"title": "a"},
        "of": [{"description": "b `lead`", "examples": {"x": {"summary": "c", "value": {"title": "no"}}}}],
    }

    assert [text.strip() for _position, text in words_of_schema(schema)] == ["a", "b", "c"]
