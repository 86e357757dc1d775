"""Test that names, comments and docstrings use the words of the glossary.

`test_words.py` does the same for the texts that people read. The words below are second names for something: whoever
searches for notifications would miss what is called a notice.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.syntax import syntax_of
from tools.stage.paths import BASE_DIR

FOLDERS = ("accounts", "config", "events", "notifications", "tools", "templates", "static", "tests")
# Words that must not be part of a name; what to say instead is in the comments.
IN_NAMES = [
    r"notices?",  # notification; an alert box is an alert
    r"news",  # notification, message
    r"followers?|followed",  # subscriber, subscribed
    r"told|tells?|telling",  # notify, send, show
]
# Words that must not be in comments and docstrings. The verbs “to notice” and “to follow” are right there.
IN_PROSE = [
    r"notices",  # notifications
    r"a notice|the notice",  # the notification
    r"news",  # notifications
    r"followers?",  # subscribers
]
# Where such a word is right, and why.
RIGHT = [
    (r"NoticeMail|notice_?mails?", "a model and its table, which keep their names so that upgrades work"),
    (r"`notices \$", "a key of localStorage under which browsers remember a choice"),
    (r"notices (that|the|when|if|it|its|this)\b", "the verb"),
]
# Migrations keep the names that they were written with, and the two modules below quote the words.
LEFT_OUT = {"migrations", "node_modules", "package-lock.json", "test_names.py", "test_words.py"}


class Text(NamedTuple):
    position: str
    text: str
    is_prose: bool


def words_of(name: str) -> str:
    """Return the words of a name: `noticeMails` and `notice_mails` are both “notice mails”."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_-]+", " ", name).lower()


def gone(text: Text) -> list[str]:
    return gone_of(text.text, is_prose=text.is_prose)


@cache
def gone_of(plain: str, *, is_prose: bool) -> list[str]:
    """Return the gone words of a name or a comment. Most names occur often."""
    for pattern, _reason in RIGHT:
        plain = re.sub(pattern, "…", plain)
    words, gone_words = (plain.lower(), IN_PROSE) if is_prose else (words_of(plain), IN_NAMES)
    return [found[0] for word in gone_words for found in re.finditer(rf"\b(?:{word})\b", words)]


def texts_of_python(name: str, source: str) -> Iterator[Text]:
    """Yield the names, the comments and the docstrings of a module, but no other strings."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in {tokenize.NAME, tokenize.COMMENT}:
            yield Text(f"{name}:{token.start[0]}", token.string, token.type == tokenize.COMMENT)
    nodes = ast.walk(syntax_of(source))
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for node in (each for each in nodes if isinstance(each, documented)):
        if docstring := ast.get_docstring(node):
            yield Text(f"{name}:{node.body[0].lineno}", docstring, is_prose=True)


# Comments of JavaScript, CSS and Django's templates.
COMMENT = re.compile(r"/\*.*?\*/|(?<!:)//[^\n]*|\{#.*?#\}|\{% comment.*?endcomment %\}|<!--.*?-->", re.DOTALL)
# Names in markup: in tags, in Django's tags and variables. What stands between them is text for people.
CODE_OF_TEMPLATE = re.compile(r"<[^>]*>|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
TRANSLATED = re.compile(r'(?<=translate )"[^"]*"')


def texts_of_others(name: str, source: str) -> Iterator[Text]:
    """Yield the comments of a script, a stylesheet or a template, and the names of each of its lines."""
    for comment in COMMENT.finditer(source):
        yield Text(f"{name}:{source[: comment.start()].count(chr(10)) + 1}", comment[0], is_prose=True)
    code = COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), source)
    if name.endswith((".html", ".txt")):
        kept, end = [], 0
        for part in CODE_OF_TEMPLATE.finditer(code):
            kept += ["\n" * code[end : part.start()].count("\n"), part[0]]
            end = part.end()
        code = "".join(kept)
    for number, line in enumerate(code.splitlines(), 1):
        yield Text(f"{name}:{number}", TRANSLATED.sub("", line), is_prose=False)


def files() -> list[Path]:
    paths = [path for folder in FOLDERS for path in sorted((BASE_DIR / folder).rglob("*"))]
    suffixes = {".py", ".html", ".txt", ".js", ".css", ".ts"}
    return [path for path in paths if path.suffix in suffixes and not LEFT_OUT & set(path.parts)]


def texts(path: Path) -> Iterator[Text]:
    name = str(path.relative_to(BASE_DIR))
    return (texts_of_python if path.suffix == ".py" else texts_of_others)(name, path.read_text())


def test_no_name_or_comment_has_a_word_that_is_gone() -> None:
    read = [text for path in files() for text in texts(path)]

    assert len(read) > 50_000
    assert sorted({(text.position, word) for text in read for word in gone(text)}) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("notices = 1", ["notices"]),
        ("class FollowerList: pass", ["follower"]),
        ("def was_told(): pass", ["told"]),
        ("wouldBeTold = isNews", ["told", "news"]),
        ("x = 1  # each notice: a notice", ["a notice"]),
        ('def f():\n    """Count followers."""', ["followers"]),
        ("notice_mail = NoticeMail.objects.get()  # it notices that", []),
        ("following = 'news that nobody told'", []),
    ],
)
def test_word_in_python_is_found(source: str, found: list[str]) -> None:
    assert [word for text in texts_of_python("x.py", source) for word in gone(text)] == found


@pytest.mark.parametrize(
    ("name", "source", "found"),
    [
        ("x.css", ".notice { color: red } /* notices */", ["notices", "notice"]),
        ("x.js", "const isNews = 1; // the notice\n// https://example.org/news", ["the notice", "news", "news"]),
        ("x.html", '<p class="told">a notice</p>{# a notice #}', ["a notice", "told"]),
        ("x.html", '{% translate "All news" %} news', []),
    ],
)
def test_word_in_other_files_is_found(name: str, source: str, found: list[str]) -> None:
    assert [word for text in texts_of_others(name, source) for word in gone(text)] == found
