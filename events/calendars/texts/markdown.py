"""Turn the HTML that some programs write into descriptions into Markdown, which the descriptions of events are.

This module is imported only if a file contains HTML, because its libraries take a tenth of a second to import.
"""

import re
from typing import Any

import nh3
from markdownify import ATX, MarkdownConverter

from events.calendars.texts.markup import BLOCKS, HIDDEN, TAG, text_of_html, tidy

# HTML that is longer or nested more deeply is not converted. Only its text is kept.
MAX_LENGTH = 100_000
MAX_NESTING = 100
# How many beginnings and ends of tags are converted in one file. The library takes some 30 µs for each.
MAX_TAGS = 100_000
# Tags without an end, or whose end is often missing, say nothing about the nesting.
UNNESTED = {"area", "br", "col", "dd", "dt", "hr", "img", "input", "li", "link", "meta", "p", "td", "th", "tr", "wbr"}
BLOCK = re.compile(rf"</?({'|'.join(sorted(BLOCKS - {'br'}))})(?=[\s/>])", re.IGNORECASE)
BREAK = re.compile(r"(<br\s*/?>)?\r?\n", re.IGNORECASE)
BRACKETED = re.compile(r"<((?:https?://|mailto:|tel:)[^\s<>]+|[^\s<>@:/]+@[^\s<>@]+)>", re.IGNORECASE)
SCHEMES = {"http", "https", "mailto", "tel"}


class HtmlReader:
    """Reads the HTML of one file."""

    def __init__(self) -> None:
        self._tags_left = MAX_TAGS

    def to_markdown(self, source: str) -> str:
        """Return Markdown that reads like the HTML. Scripts, styles and images without a description are left out."""
        source = BRACKETED.sub(r"&lt;\1&gt;", _without_comments(source.strip()))
        if len(source) > MAX_LENGTH or self._tags_left < 0 or _is_deep(source):
            return text_of_html(source)
        if not BLOCK.search(source):
            # Programs that only mark words and links keep the line breaks of the text.
            source = BREAK.sub("<br>", source)
        cleaned = nh3.clean(
            source,
            tags=(BLOCKS - {"pre"}) | {"a", "b", "code", "em", "i", "img", "strong"},
            clean_content_tags=HIDDEN,
            attributes={"a": {"href"}, "img": {"alt", "src"}, "ol": {"start"}},
            url_schemes=SCHEMES,
            link_rel=None,
        )
        self._tags_left -= cleaned.count("<")
        if len(cleaned) > MAX_LENGTH:
            return text_of_html(source)
        try:
            return tidy(_Converter().convert(" ".join(cleaned.split())))
        except RecursionError:
            return text_of_html(source)


def _without_comments(source: str) -> str:
    first, *rest = source.split("<!--")
    return first + "".join(part.partition("-->")[2] for part in rest)


def _is_deep(source: str) -> bool:
    depth = 0
    for tag in TAG.finditer(source):
        if tag[2].lower() not in UNNESTED:
            depth += -1 if tag[1] else 1
        if depth > MAX_NESTING:
            return True
    return False


class _Converter(MarkdownConverter):
    """The library with what descriptions know: single line breaks, but neither tables nor lists of definitions."""

    def __init__(self) -> None:
        # Escaped characters would also be seen where descriptions are shown as they were written.
        super().__init__(heading_style=ATX, escape_asterisks=False, escape_underscores=False)
        self._last_numbers: dict[int, int] = {}

    def convert_a(self, element: Any, text: str, parent_tags: set[str]) -> str:
        url, words = str(element.get("href") or "").strip(), " ".join(text.split())
        if not url or url.removeprefix("mailto:").removeprefix("tel:") == words:
            return text
        if not words or words.rstrip("/") == url.rstrip("/"):
            return _replaced(text, url)
        return _replaced(text, f"[{words}]({url})" if re.fullmatch(r"[^\s()<>]+", url) else f"[{words}](<{url}>)")

    def convert_b(self, _element: Any, text: str, parent_tags: set[str]) -> str:
        return text if parent_tags & {"b", "strong"} else _marked(text, "**")

    def convert_i(self, _element: Any, text: str, parent_tags: set[str]) -> str:
        return text if parent_tags & {"i", "em"} else _marked(text, "*")

    def convert_br(self, _element: Any, _text: str, parent_tags: set[str]) -> str:
        return " " if "_inline" in parent_tags else "\n"

    def convert_div(self, _element: Any, text: str, parent_tags: set[str]) -> str:
        """Return lines of their own: editors write a `div` for each line."""
        return f"\n{text.strip()}\n"

    def convert_img(self, element: Any, _text: str, parent_tags: set[str]) -> str:
        """Return the image if it has a description. Others are spacers, or count who reads them."""
        words, url = " ".join(str(element.get("alt") or "").split()), str(element.get("src") or "")
        return f"![{words}]({url})" if words and re.fullmatch(r"https?://[^\s()<>]+", url) else words

    def convert_li(self, element: Any, text: str, parent_tags: set[str]) -> str:
        """Return an item of a list. The library would count the items before each."""
        bullet, items = "- ", element.parent
        if items is not None and items.name == "ol":
            start = str(items.get("start") or "")
            first = int(start) if re.fullmatch(r"\d{1,6}", start, re.ASCII) else 1
            number = self._last_numbers[id(items)] = self._last_numbers.get(id(items), first - 1) + 1
            bullet = f"{number}. "
        return bullet + text.strip().replace("\n", "\n" + " " * len(bullet)) + "\n" if text.strip() else ""

    def convert_td(self, _element: Any, text: str, parent_tags: set[str]) -> str:
        return f"{text.strip()} "

    convert_strong = convert_b
    convert_em = convert_i
    convert_th = convert_td
    convert_address = convert_article = convert_dd = convert_dl = convert_dt = convert_footer = convert_header = (
        convert_main
    ) = convert_section = convert_tr = convert_div


def _replaced(text: str, by: str) -> str:
    """Return other words with the white space around the text."""
    start, end = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{start}{by}{end}" if text.strip() else by


def _marked(text: str, mark: str) -> str:
    """Return the text between marks, which must not have spaces or blank lines inside."""
    paragraphs = text.split("\n\n")
    return "\n\n".join(_replaced(each, f"{mark}{each.strip()}{mark}") if each.strip() else each for each in paragraphs)
