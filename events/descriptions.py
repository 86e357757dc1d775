"""What organisers write about their events: CommonMark in, safe HTML out."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import nh3
from django.utils.html import escape, linebreaks
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_core import linkify as linkify_text
from markdown_it.rules_inline import StateInline, linkify
from markdown_it.token import Token

# How many texts a process keeps as HTML, because rendering a long one costs as much as the rest of its page. The most
# expensive text takes 360 KB together with its HTML.
KEPT = 100
TAGS = {
    *("a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "strong", "ul"),
    *("h2", "h3", "h4", "h5", "h6"),
}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto", "tel"}
# Two rules of the library find URLs. The first, which does not mistake a "*" in one for emphasis, reads the whole
# paragraph before each URL. The second reads the whole word after each bracket. So the first skips paragraphs with more
# URLs than this, and the second skips texts with a longer word.
MAX_ADDRESSES = 100
MAX_WORD_LENGTH = 2_000
# An estimate of what a text costs to parse. The parser stops at each mark and tries its rules. For a bracket, it looks
# for the other half in everything that follows; a URL, which becomes a link, is taken apart; and a line passes through
# all quotations around it. Without a limit, 20,000 brackets take 0.6 s. A programme of 20,000 characters with a line of
# 50 for each talk costs 2,800 and takes 20 ms.
MAX_COST = 3_000
LINE_ENDS = re.compile(r"\r\n?")
MARKS = re.compile(r"[\n!#$%&*+\-.:<=>@\[\\\]^_`{}~]|\d\)")
ADDRESSES = re.compile(r"\]\(|://|\w\.\w|@")
ADDRESS_COST = 5
QUOTED = re.compile(r"^[ \t\d>*+.)-]*>", re.MULTILINE)
# The library goes no deeper than this.
MAX_NESTING = 20
LINES_PER_COST = 4


@lru_cache(maxsize=KEPT)
def render(text: str) -> SafeString:
    """Return the text as HTML: no scripts, styles, raw HTML or images, headings below the page's own.

    A single line break is kept, as in the plain text of most calendars, and an indented line is not code. A text that
    would cost too much to parse is shown as it is written, with its line breaks.
    """
    if _cost(text) > MAX_COST:
        return mark_safe(linebreaks(text, autoescape=True))  # noqa: S308 - linebreaks escapes the text
    tokens = _markdown.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    html = _markdown.renderer.render(tokens, _markdown.options, {})
    cleaned = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="nofollow noopener ugc")
    return mark_safe(cleaned)  # noqa: S308 - nh3 has cleaned it


def _cost(text: str) -> int:
    """Return about how often the parser stops in the text; slower constructs count several times."""
    text = LINE_ENDS.sub("\n", text)
    depths = [found.group().count(">") for found in QUOTED.finditer(text)]
    marks = len(MARKS.findall(text)) - sum(max(0, depth - MAX_NESTING) for depth in depths)
    lines = text.count("\n") * min(max(depths, default=0), MAX_NESTING) // LINES_PER_COST
    return marks + lines + text.count("[") + ADDRESS_COST * len(ADDRESSES.findall(text))


def _image_as_link(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    """Link to an image: shown from elsewhere, it would tell its host who reads the page."""
    source = str(tokens[index].attrGet("src"))
    return f'<a href="{escape(source)}">{escape(tokens[index].content or source)}</a>'


def _linkify_few(state: StateInline, silent: bool) -> bool:
    return state.src[state.pos] == ":" and _count_addresses(state.src) <= MAX_ADDRESSES and linkify(state, silent)


@lru_cache(maxsize=1)
def _count_addresses(paragraph: str) -> int:
    return paragraph.count("://")


def _linkify_short_words(state: StateCore) -> None:
    if max(map(len, state.src.split()), default=0) <= MAX_WORD_LENGTH:
        linkify_text(state)


_markdown = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
_markdown.enable("linkify").disable(["code", "html_block", "html_inline"])
_markdown.core.ruler.at("linkify", _linkify_short_words)
_markdown.inline.ruler.at("linkify", _linkify_few)
_markdown.add_render_rule("image", _image_as_link)
