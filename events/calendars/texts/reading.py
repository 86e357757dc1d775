"""Read what a component says about an event in words, and whether it is public."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from icalendar import Component

from events.calendars.structure.values import other_text_of, text_of
from events.calendars.texts.markup import is_html, unescape_entities
from events.text_limits import MAX_DESCRIPTION_LENGTH, MAX_HEADLINE_LENGTH, MAX_LOCATION_LENGTH, UNPRINTABLE

if TYPE_CHECKING:
    from events.calendars.texts.markdown import HtmlReader

# Matches the library's error about a line that it cannot read, because the error quotes the line.
UNREADABLE_CLASS = re.compile(r"[^']*'\W*CLASS\b", re.IGNORECASE)
# What Outlook writes before the title of a cancelled meeting, and what other languages write there.
CANCELLED_TITLE = re.compile(
    r"(cancell?ed|abgesagt|abgesetzt|annul[ée]e?|annullato|cancelad[oa]|geannuleerd|aflyst|inställt|avlyst|odwołane)\s*:",
    re.IGNORECASE,
)
# Texts are shortened at the last space, unless that is farther away than this.
MAX_WORD_LENGTH = 20
ZERO_WIDTH_JOINER = "\u200d"


@dataclass(frozen=True)
class Texts:
    """The texts of an event, as services accept them, and what people should know about how they were read."""

    headline: str
    description: str
    location: str
    remarks: tuple[str, ...] = ()
    # Whether the headline says that there is none.
    is_untitled: bool = False


class Markup:
    """Reads texts that may contain HTML, of one file."""

    @cached_property
    def _html(self) -> "HtmlReader":
        # Its libraries take a tenth of a second to import, and most files contain no HTML.
        from events.calendars.texts.markdown import HtmlReader

        return HtmlReader()

    def to_markdown(self, text: str) -> str:
        """Return Markdown for a text with tags, and what entities stand for in one without."""
        return self._html.to_markdown(text) if is_html(text) else unescape_entities(text)


@dataclass(frozen=True)
class TextReader:
    """Reads the texts of a calendar and its events."""

    # None if the calendar was written here: its texts are Markdown already, and may speak about HTML.
    markup: Markup | None

    def read(self, component: Component) -> Texts:
        """Return the texts of an event. Those that are too long are shortened; the description has them in full."""
        title, location = self.line(component, "SUMMARY"), self.line(component, "LOCATION")
        description, remarks = self._description(component), list[str]()
        in_full = []
        if not title:
            remarks.append(_("It has no title (SUMMARY)."))
        if len(title) > MAX_HEADLINE_LENGTH:
            in_full.append(title)
            remarks.append(_("The title was too long and has been shortened; the description begins with all of it."))
        if len(location) > MAX_LOCATION_LENGTH:
            in_full.append(location)
            remarks.append(_("The location was too long and has been shortened; the description contains all of it."))
        description = "\n\n".join([*in_full, *filter(None, [description])])
        if len(description) > MAX_DESCRIPTION_LENGTH:
            remarks.append(_("The description was too long and has been shortened."))
        return Texts(
            headline=shorten(title, MAX_HEADLINE_LENGTH) or _("(No title)"),
            description=shorten(description, MAX_DESCRIPTION_LENGTH),
            location=shorten(location, MAX_LOCATION_LENGTH),
            remarks=tuple(remarks),
            is_untitled=not title,
        )

    def line(self, component: Component, name: str) -> str:
        """Return a text property on one line, without characters that are invalid here."""
        text = (other_text_of if name.startswith("X-") else text_of)(component, name)
        return " ".join(UNPRINTABLE.sub("", unescape_entities(text) if self.markup else text).split())

    def _description(self, component: Component) -> str:
        """Return the description in Markdown, followed by the event's URL unless the description contains it."""
        text = text_of(component, "DESCRIPTION").strip()
        if not text:
            # Outlook writes HTML here.
            text = other_text_of(component, "X-ALT-DESC").strip()
        url = text_of(component, "URL").strip()
        if self.markup:
            text = self.markup.to_markdown(text)
        elif text == url or text.endswith(f"\n{url}"):
            # `writer` adds the URL as the last line.
            text, url = text.removesuffix(url), ""
        joined = "\n\n".join(filter(None, [text, url if url not in text else ""]))
        return UNPRINTABLE.sub("", joined.replace("\r\n", "\n").replace("\r", "\n")).strip()


def shorten(text: str, limit: int) -> str:
    """Return a text of at most `limit` characters, with an ellipsis in place of what was cut off.

    It is cut between words if there is a space nearby, and never between a letter and its accents.
    """
    if len(text) <= limit:
        return text
    end = limit - 1
    space = max(text.rfind(" ", 0, end + 1), text.rfind("\n", 0, end + 1))
    if space > 0 and space >= end - MAX_WORD_LENGTH:
        end = space
    while end > 1 and (unicodedata.combining(text[end]) or ZERO_WIDTH_JOINER in text[end - 1 : end + 1]):
        end -= 1
    return text[:end].rstrip() + "…"


def says_cancelled(title: str) -> bool:
    """Return whether a title begins like that of a cancelled meeting."""
    return CANCELLED_TITLE.match(title) is not None


def private_class_of(component: Component) -> str | None:
    """Return the CLASS that makes the event private, or None if the event is public.

    An unknown CLASS counts as PRIVATE (RFC 5545, 3.8.1.3). So does one whose line cannot be read; its name is "".
    """
    if any(name is None and UNREADABLE_CLASS.match(error) for name, error in component.errors):
        return ""
    found = component.get("CLASS", [])
    names = [str(name).strip() for name in (found if isinstance(found, list) else [found])]
    return next((name for name in names if name.upper() != "PUBLIC"), None)
