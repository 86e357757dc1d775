"""Test fragments: what they are kept under, what is filled in, and what they refuse to be kept under."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from django.template import RequestContext, Template
from django.test import RequestFactory
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from pytest_django import Settings

from config.web import fragments
from config.web.fragments import Params, render_fragment
from events.models import Event

TEXTS = {
    "_named.html": "{% load i18n %}<p>{% translate 'Inbox' %} {{ name }}</p>",
    "_filled.html": "<p>{{ name }} {{ token }}</p><a href='{{ url }}'>{{ token }}</a>",
    "_reader.html": "<p>{{ user }}{{ request.path }}{{ name }}</p>",
    "_shown.html": "<p>{{ shown.title }}</p>",
}


class Shown(NamedTuple):
    name: str
    day: date | None = None

    @property
    def title(self) -> str:
        return self.name.title()


@dataclass(frozen=True)
class Holder:
    value: Any


@pytest.fixture(autouse=True)
def _templates(settings: Settings) -> None:
    """Let fragments be made of the templates above."""
    [engine] = settings.TEMPLATES
    loaders = [("django.template.loaders.locmem.Loader", TEXTS)]
    settings.TEMPLATES = [{**engine, "APP_DIRS": False, "OPTIONS": {**engine["OPTIONS"], "loaders": loaders}}]
    fragments.kept.cache_clear()


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the templates that were rendered, in the order in which it happened."""
    names: list[str] = []
    get_template = fragments.get_template

    def counted(name: str) -> Any:
        names.append(name)
        return get_template(name)

    monkeypatch.setattr(fragments, "get_template", counted)
    return names


def test_fragment_is_rendered_once_for_the_same_values(rendered: list[str]) -> None:
    texts = [render_fragment("_named.html", {"name": name}) for name in ("Ada", "Bob", "Ada")]

    assert texts == ["<p>Inbox Ada</p>", "<p>Inbox Bob</p>", "<p>Inbox Ada</p>"]
    assert len(rendered) == 2


def test_language_is_part_of_the_key() -> None:
    english = render_fragment("_named.html", {"name": "Ada"})
    with translation.override("de"):
        german = render_fragment("_named.html", {"name": "Ada"})

    assert (english, german) == ("<p>Inbox Ada</p>", "<p>Posteingang Ada</p>")
    assert render_fragment("_named.html", {"name": "Ada"}) == english


def test_name_of_a_value_is_part_of_the_key() -> None:
    assert render_fragment("_named.html", {"name": "Ada"}) == "<p>Inbox Ada</p>"
    assert render_fragment("_named.html", {"other": "Ada"}) == "<p>Inbox </p>"


def test_values_are_escaped() -> None:
    assert render_fragment("_named.html", {"name": "<b>"}) == "<p>Inbox &lt;b&gt;</p>"


def test_tuple_gives_what_is_computed_from_it() -> None:
    assert render_fragment("_shown.html", {"shown": Shown("ada")}) == "<p>Ada</p>"


def test_what_is_filled_in_is_never_kept(rendered: list[str]) -> None:
    values = {"name": "Ada"}

    texts = [render_fragment("_filled.html", values, {"token": token, "url": "/"}) for token in ("one", "two")]

    assert texts == [f"<p>Ada {token}</p><a href='/'>{token}</a>" for token in ("one", "two")]
    assert len(rendered) == 1


def test_what_is_filled_in_is_escaped_unless_it_is_safe() -> None:
    values = {"name": "Ada"}

    assert render_fragment("_filled.html", values, {"token": mark_safe("<b>"), "url": "/?a=1&b='"}) == (
        "<p>Ada <b></p><a href='/?a=1&amp;b=&#x27;'><b></a>"
    )


def test_nothing_is_filled_in_for_none() -> None:
    assert (
        render_fragment("_filled.html", {"name": "Ada"}, {"token": None, "url": None}) == "<p>Ada </p><a href=''></a>"
    )


def test_text_that_looks_like_a_placeholder_is_text() -> None:
    texts = ["\0token\0", "\0:token\0", f"\0{'0' * 16}:token\0"]

    for text in texts:
        assert render_fragment("_filled.html", {"name": text}, {"token": "secret", "url": "/"}).count("secret") == 2


def test_tag_gives_neither_the_request_nor_its_user() -> None:
    page = Template("{% fragment '_reader.html' name=name %}")
    request = RequestFactory().get("/path/")

    assert page.render(RequestContext(request, {"name": "Ada", "user": "Bob"})) == "<p>Ada</p>"


def test_tag_takes_values_and_what_is_filled_in() -> None:
    page = Template("{% fragment '_filled.html' name=name|upper fill token=request.path url='/' %}")
    request = RequestFactory().get("/path/")

    assert page.render(RequestContext(request, {"name": "ada"})) == "<p>ADA /path/</p><a href='/'>/path/</a>"


def test_missing_value_is_none() -> None:
    page = Template("{% fragment '_filled.html' name=nothing fill token=nothing.at.all url=nothing %}")

    assert page.render(RequestContext(RequestFactory().get("/"))) == "<p>None </p><a href=''></a>"


@pytest.mark.parametrize(
    "value",
    [
        Event(pk=1),
        SafeString("<b>"),
        Shown(SafeString("<b>")),
        Holder(Event(pk=1)),
        (1, (2, SafeString("<b>"))),
        ZoneInfo("Europe/Rome"),
        1.5,
    ],
    ids=str,
)
def test_value_that_may_equal_another_one_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="a fragment cannot be kept under"):
        render_fragment("_named.html", {"name": value})


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Ada",
        0,
        True,
        None,
        date(2026, 12, 4),
        datetime(2026, 12, 4, tzinfo=UTC),
        ("a", (1, None)),
        Shown("a"),
        Holder(1),
    ],
    ids=str,
)
def test_plain_values_are_accepted(value: object) -> None:
    assert render_fragment("_shown.html", {"name": value, "shown": Shown("ada")}) == "<p>Ada</p>"


def test_only_the_latest_are_kept(rendered: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragments, "KEPT", 2)

    for name in ("Ada", "Bob", "Cleo", "Bob", "Ada"):
        render_fragment("_named.html", {"name": name})

    assert len(rendered) == 4


def test_large_fragment_is_rendered_each_time(rendered: list[str]) -> None:
    name = "\N{GRINNING FACE}" * (fragments.MAX_BYTES // 4)

    texts = [render_fragment("_filled.html", {"name": name}, {"token": token, "url": "/"}) for token in ("1", "2")]

    assert texts == [f"<p>{name} {token}</p><a href='/'>{token}</a>" for token in ("1", "2")]
    assert len(rendered) == 2


def test_nothing_is_kept_while_templates_are_edited(rendered: list[str], settings: Settings) -> None:
    settings.DEBUG = True

    for _ in range(2):
        render_fragment("_named.html", {"name": "Ada"})

    assert len(rendered) == 2


def test_params_are_those_of_the_page() -> None:
    request = RequestFactory().get("/", {"q": "a b&c", "past": ["1", "2"]})

    assert Params(request.GET.urlencode()).dict == request.GET
