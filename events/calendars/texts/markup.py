"""Recognise HTML in texts, and return its text alone. `markdown` keeps its structure."""

import html
import re

# "<b>", but neither "<3" nor "<name@example.org>".
TAG = re.compile(r"<(/?)([a-z][a-z0-9:-]*)(?=[\s/>])([^<>]*)>", re.IGNORECASE)
ENTITY = re.compile(r"&(#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)
BLANK_LINES = re.compile(r"\n{3,}")
REPEATED_SPACES = re.compile(r"(?<=\S)[^\S\n]{2,}")
BLOCKS = {
    *("address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "footer", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"),
}
INLINE = {
    *("a", "b", "code", "em", "font", "i", "img", "s", "small", "span", "strike", "strong", "sub", "sup", "u"),
    *("body", "center", "html", "html-blob", "o:p", "tbody", "thead"),
}
# What browsers don't show.
HIDDEN = {"head", "script", "style", "template", "title"}


def is_html(text: str) -> bool:
    """Return whether a text has tags of HTML, rather than only some angle brackets."""
    tags = (tag for tag in TAG.finditer(text) if tag[2].lower() in BLOCKS | INLINE | HIDDEN)
    # "a <b and c> d" has no attributes.
    return any("=" in tag[3] or not tag[3].strip(" /\t\r\n") for tag in tags)


def unescape_entities(text: str) -> str:
    """Return a text without tags as it was before its characters were escaped, such as "&amp;"."""
    return ENTITY.sub(lambda entity: html.unescape(entity[0]), text)


def text_of_html(source: str) -> str:
    """Return the text of HTML, with line breaks where blocks begin and end. It may be nested without end."""
    pieces, hidden, position = list[str](), "", 0
    for tag in TAG.finditer(source):
        name = tag[2].lower()
        if not hidden:
            pieces += [source[position : tag.start()], "\n" if name in BLOCKS else ""]
            hidden = name if name in HIDDEN and not tag[1] else ""
        elif tag[1] and name == hidden:
            hidden = ""
        position = tag.end()
    return tidy(html.unescape("".join([*pieces, "" if hidden else source[position:]])))


def tidy(text: str) -> str:
    """Return a text without superfluous spaces and blank lines. The indentation of lines is kept."""
    spaced = REPEATED_SPACES.sub(" ", text.replace("\xa0", " "))
    return BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in spaced.split("\n"))).strip()
