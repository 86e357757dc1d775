"""Test converting CommonMark to safe HTML."""

import sys
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.test import Client

from events import descriptions
from events.descriptions import MAX_URLS, MAX_WORD_LENGTH, render
from events.text_limits import MAX_DESCRIPTION_LENGTH
from tests.makers import MakeEvent
from tools.stage.hostile_texts import repeated

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "![x](javascript:alert(1))",
    '![x"onerror="alert(1)](https://example.org/x.png)',
    '[x](https://example.org "x" onmouseover="alert(1)")',
    '<https://example.org/"onmouseover=alert(1)>',
    "`<script>alert(1)</script>`",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<style>*{display:none}</style>",
    "<iframe src=https://example.org>",
    "<form action=https://example.org><input name=password></form>",
    "[x]: javascript:alert(1)\n\n[x]",
]


class Elements(HTMLParser):
    """Every tag and attribute of a text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


@pytest.mark.parametrize("text", ATTACKS)
def test_hostile_text_brings_no_element_or_attribute_that_acts(text: str) -> None:
    found = Elements(render(text))

    assert found.tags <= {"a", "p", "code", "pre", "br"}
    assert {name for name, _ in found.attributes} <= {"href", "rel", "title"}
    schemes = {str(value).partition(":")[0] for name, value in found.attributes if name == "href"}
    assert schemes <= {"https"}


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("two\nlines", "<p>two<br>\nlines</p>\n"),
        ("    indented", "<p>indented</p>\n"),
        ("# Day one", "<h2>Day one</h2>\n"),
        ("###### Small", "<h6>Small</h6>\n"),
        ("**bold** and *soft*", "<p><strong>bold</strong> and <em>soft</em></p>\n"),
        ("3. three", '<ol start="3">\n<li>three</li>\n</ol>\n'),
        (
            "see https://example.org/a",
            '<p>see <a href="https://example.org/a" rel="nofollow noopener ugc">https://example.org/a</a></p>\n',
        ),
        (
            "![the plan](https://example.org/plan.png)",
            '<p><a href="https://example.org/plan.png" rel="nofollow noopener ugc">the plan</a></p>\n',
        ),
        ("<b>not ours</b>", "<p>&lt;b&gt;not ours&lt;/b&gt;</p>\n"),
    ],
)
def test_text_becomes_html(text: str, html: str) -> None:
    assert render(text) == html


def test_text_nested_without_end_is_answered() -> None:
    assert "<blockquote>" in render(">" * 20_000)


def test_urls_of_one_paragraph_are_parsed_in_full_up_to_a_hundred(monkeypatch: pytest.MonkeyPatch) -> None:
    positions: list[int] = []
    monkeypatch.setattr(descriptions, "linkify", lambda state, silent: positions.append(state.pos))

    render("://a " * MAX_URLS)
    assert {pos for pos in positions if pos % 5 == 0} == set(range(0, 5 * MAX_URLS, 5))

    positions.clear()
    render("://a " * (MAX_URLS + 1))
    assert positions == []


@pytest.mark.parametrize("others", [0, MAX_URLS])
def test_url_is_a_link_however_many_there_are(others: int) -> None:
    html = render("https://example.org/a_b_c?x=1 " * (others + 1))

    assert html.count('<a href="https://example.org/a_b_c?x=1" ') == others + 1


@pytest.mark.parametrize(("length", "count"), [(MAX_WORD_LENGTH, 1), (MAX_WORD_LENGTH + 1, 0)])
def test_bare_domain_is_a_link_unless_a_word_is_longer_than_any_url(length: int, count: int) -> None:
    html = render(f"example.org {'x' * length}")

    assert html.count('<a href="http://example.org"') == count


# --- What it costs ---


def _calls_of(function: Callable[[], object]) -> int:
    """Count the calls of functions, including those in C: a measure of work that doesn't depend on the machine."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(None)
    return calls


def test_html_that_is_kept_takes_little_memory() -> None:
    dearest = "\N{GRINNING FACE}" + "a\N{NO-BREAK SPACE}" * (MAX_DESCRIPTION_LENGTH // 2 - 1) + "a"

    size = sys.getsizeof(dearest) + sys.getsizeof(str(render(dearest)))

    assert size * descriptions.KEPT < 40 * 2**20


@pytest.mark.parametrize("piece", ["- a\n", "1. a\n", "1) a\n", "1) 1) 1) 1) 1) 1) a\n"])
def test_lists_of_every_kind_are_bounded(piece: str) -> None:
    assert "<li>" in render(piece * 100)
    assert "<li>" not in render((piece * MAX_DESCRIPTION_LENGTH)[:14_000])


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
def test_line_costs_the_same_with_any_line_ending(line_end: str) -> None:
    text = ">" * 19 + "a\n" + "b\n" * 100

    assert descriptions._cost(text.replace("\n", line_end)) == descriptions._cost(text)


@pytest.mark.parametrize("piece", ["[", "![", "[a](", "*_", "<", "&", "a\n", "a.com "])
@pytest.mark.parametrize("is_within_bounds", [False, True])
def test_work_for_a_text_is_bounded_on_any_machine(piece: str, is_within_bounds: bool) -> None:
    costs = descriptions.MAX_COST if is_within_bounds else None

    # A page of prose takes 50,000; 20,000 brackets took 2,200,000.
    assert _calls_of(lambda: render.__wrapped__(repeated(piece, filler="a", costs=costs))) < 1_500_000


def test_text_beyond_the_bound_is_shown_as_it_is_written() -> None:
    text = "[" * descriptions.MAX_COST + "\n<b>*a*</b>\n\nhttps://example.org"

    html = render(text)

    assert html == (f"<p>{'[' * descriptions.MAX_COST}<br>&lt;b&gt;*a*&lt;/b&gt;</p>\n\n<p>https://example.org</p>")


def test_text_is_read_up_to_the_bound() -> None:
    assert render("*a* " + "#" * (descriptions.MAX_COST - 2)).startswith("<p><em>a</em>")
    assert render("*a* " + "#" * (descriptions.MAX_COST - 1)).startswith("<p>*a* #")


def test_long_programme_is_read() -> None:
    """This is the most that an ordinary description contains."""
    text = "".join(f"- 18:{number % 60:02} **Title of talk {number}** (Room 5, with Jane)\n" for number in range(1_000))

    html = render(text[:MAX_DESCRIPTION_LENGTH])

    assert "<strong>Title of talk 100</strong>" in html


@pytest.mark.django_db
def test_event_page_shows_the_description_as_html(client: Client, make_event: MakeEvent) -> None:
    event = make_event(description="Bring **boots**.")

    response = client.get(f"/events/{event.pk}/")

    assert "<p>Bring <strong>boots</strong>.</p>" in response.content.decode()
