"""Test what becomes of HTML in descriptions."""

import pytest

from events.calendars.texts import markdown
from events.calendars.texts.markdown import MAX_NESTING, HtmlReader
from events.calendars.texts.markup import is_html, text_of_html
from events.descriptions import render


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            '<p>Bring <b>scores</b>.<br>Room &amp; map: <a href="https://example.org">here</a></p>',
            "Bring **scores**.\nRoom & map: [here](https://example.org)",
        ),
        ("<div>One</div><div>Two</div><div><br></div><div>Three</div>", "One\nTwo\n\nThree"),
        ("<p>One\r\ntwo</p>\n\n<p>&nbsp;</p><p>Three</p>", "One two\n\nThree"),
        ("One\nTwo <i>three</i>\n\nFour", "One\nTwo *three*\n\nFour"),
        ("One<br>\nTwo\nThree", "One\nTwo\nThree"),
        ("<b>Title<br></b>Text", "**Title**\nText"),
        ("<b><b>One</b></b> <strong><p>Two</p><p>Three</p></strong>", "**One**\n\n**Two**\n\n**Three**"),
        ("<ul><li>One<ul><li>Two</li></ul></li><li>Three</li></ul>", "- One\n  - Two\n- Three"),
        ('<ol start="3"><li>One<li>Two</ol>', "3. One\n4. Two"),
        ("<table><tr><th>10:00</th><td><p>Talk</p></td></tr><tr><td>11:00</td></tr></table>", "10:00 Talk\n11:00"),
        ("<h1>Choir</h1>Text<hr>", "# Choir\n\nText\n\n---"),
        ('<a href="https://example.org/a_b">https://example.org/a_b</a><br>', "https://example.org/a_b"),
        ('<a href="mailto:a@example.org">a@example.org</a><br>', "a@example.org"),
        ('<a href="https://example.org/a (b)">A</a><br>', "[A](<https://example.org/a (b)>)"),
        ('<a href="javascript:alert(1)">A</a><br>', "A"),
        (
            "Join <https://example.org/1><br>or ask <a@example.org>",
            "Join <https://example.org/1>\nor ask <a@example.org>",
        ),
        (
            '<img src="https://a.org/1.gif">A<img src="https://a.org/2.png" alt="map"><br>',
            "A![map](https://a.org/2.png)",
        ),
        ("<html><head><title>T</title><style>p{}</style></head><body>A<script>b()</script></body></html>", "A"),
        ("A<!-- <p>b</p> --><br><!-- c", "A"),
        ("A &lt;b&gt; &amp;lt;<br>5 * 3_4_5", "A <b> &lt;\n5 * 3_4_5"),
    ],
)
def test_html_becomes_markdown(html: str, expected: str) -> None:
    assert HtmlReader().to_markdown(html) == expected


def test_markdown_is_rendered_as_the_html_looked() -> None:
    html = '<div>Bring <b>scores</b></div><div>and <a href="https://example.org">pens</a></div>'

    assert render(HtmlReader().to_markdown(html)) == (
        "<p>Bring <strong>scores</strong><br>\n"
        'and <a href="https://example.org" rel="nofollow noopener ugc">pens</a></p>\n'
    )


@pytest.mark.parametrize(
    "text", ["a < b > c", "<3", "<name>", "<a@example.org>", "<https://example.org>", "a <b", "&amp;", "a<b and c>d"]
)
def test_text_with_angle_brackets_is_no_html(text: str) -> None:
    assert not is_html(text)


@pytest.mark.parametrize("text", ["<b>x</b>", "a<BR/>b", "</p>", '<a href="x">', "<o:p></o:p>", "<style\n>"])
def test_text_with_tags_is_html(text: str) -> None:
    assert is_html(text)


HOSTILE = ["<div>", "<b><p>", "<", "<a ", "<ol><li>a", "&", "<table>", "<td>a", "</b>", "<!--", "<script>", "<p a=b "]


@pytest.mark.parametrize("piece", HOSTILE)
def test_text_of_hostile_html_is_kept(piece: str) -> None:
    html = f"One{piece * (20_000 // len(piece))}"

    assert HtmlReader().to_markdown(html)[:3] == "One"


def test_text_of_html_has_a_line_for_each_block_and_nothing_that_is_hidden() -> None:
    html = "<title>T</title><div>One <b>two</b></div>Three&amp;<style>p{}</style>" + "<div>" * 100_000 + "Four<script>"

    assert text_of_html(html) == "One two\nThree&\n\nFour"


@pytest.mark.parametrize("nesting", [MAX_NESTING - 1, MAX_NESTING + 1])
def test_html_that_is_nested_too_deeply_loses_its_structure_only(nesting: int) -> None:
    is_kept = nesting < MAX_NESTING

    assert HtmlReader().to_markdown(f"{'<div>' * nesting}<i>A</i>") == ("*A*" if is_kept else "A")


def test_html_beyond_what_a_file_may_cost_loses_its_structure_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "MAX_TAGS", 5)
    reader = HtmlReader()

    assert [reader.to_markdown("<p>A <b>b</b></p><p>C</p>") for _ in range(3)] == [
        "A **b**\n\nC",
        "A b\n\nC",
        "A b\n\nC",
    ]
