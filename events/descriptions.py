"""Render the descriptions of events, which organisers write in CommonMark, as safe HTML."""

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

# How many rendered texts a process caches, because rendering a long one costs as much as the rest of its page. The
# largest cache entry takes 360 KB, including the text.
KEPT = 100
TAGS = {
    *("a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "strong", "ul"),
    *("h2", "h3", "h4", "h5", "h6"),
}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto", "tel"}
# Two rules of the library find URLs. The first one, which does not mistake a "*" in a URL for emphasis, reads the whole
# paragraph before each URL. The second one reads the whole word after each bracket. To limit the cost, the first rule
# skips paragraphs with more URLs than MAX_URLS, and the second rule skips texts with a word that is longer than
# MAX_WORD_LENGTH.
MAX_URLS = 100
MAX_WORD_LENGTH = 2_000
# The limit of `_cost`, which estimates how expensive it is to parse a text. The parser stops at each mark and tries its
# rules there. For a bracket, it searches the rest of the text for the matching one; a URL is split into its parts; and
# each line is processed once for every quotation around it. Without a limit, 20,000 brackets take 0.6 s. A programme of
# 20,000 characters, with a line of 50 characters for each talk, costs 2,800 and takes 20 ms.
MAX_COST = 3_000
LINE_ENDS = re.compile(r"\r\n?")
MARKS = re.compile(r"[\n!#$%&*+\-.:<=>@\[\\\]^_`{}~]|\d\)")
LINKS = re.compile(r"\]\(|://|\w\.\w|@")
LINK_COST = 5
QUOTED = re.compile(r"^[ \t\d>*+.)-]*>", re.MULTILINE)
# The library does not parse deeper nesting than this.
MAX_NESTING = 20
LINES_PER_COST = 4


@lru_cache(maxsize=KEPT)
def render(text: str) -> SafeString:
    """Return the text as HTML without scripts, styles, raw HTML or images.

    Headings start at `h2`, because the page has its own `h1`. Single line breaks are kept and indented lines are not
    treated as code, because the descriptions in most calendars are plain text. A text that would cost too much to parse
    is shown as it was written, with its line breaks.
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
    """Estimate how often the parser stops in the text. Slower constructs count several times."""
    text = LINE_ENDS.sub("\n", text)
    depths = [found.group().count(">") for found in QUOTED.finditer(text)]
    marks = len(MARKS.findall(text)) - sum(max(0, depth - MAX_NESTING) for depth in depths)
    lines = text.count("\n") * min(max(depths, default=0), MAX_NESTING) // LINES_PER_COST
    return marks + lines + text.count("[") + LINK_COST * len(LINKS.findall(text))


def _image_as_link(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    """Link to an image instead of embedding it, because loading it would tell its host who reads the page."""
    source = str(tokens[index].attrGet("src"))
    return f'<a href="{escape(source)}">{escape(tokens[index].content or source)}</a>'


def _linkify_few(state: StateInline, silent: bool) -> bool:
    return state.src[state.pos] == ":" and _count_urls(state.src) <= MAX_URLS and linkify(state, silent)


@lru_cache(maxsize=1)
def _count_urls(paragraph: str) -> int:
    return paragraph.count("://")


def _linkify_short_words(state: StateCore) -> None:
    if max(map(len, state.src.split()), default=0) <= MAX_WORD_LENGTH:
        linkify_text(state)


_markdown = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
_markdown.enable("linkify").disable(["code", "html_block", "html_inline"])
_markdown.core.ruler.at("linkify", _linkify_short_words)
_markdown.inline.ruler.at("linkify", _linkify_few)
_markdown.add_render_rule("image", _image_as_link)
