"""Clean the texts that people write: the fields of events, reasons and messages."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from events.exceptions import InvalidText
from events.text_limits import UNPRINTABLE


def clean_line(value: str, *, field: str, max_length: int) -> str:
    """Return the text on one line, without surrounding white space.

    Raises:
        InvalidText: the text is too long or contains UNPRINTABLE characters.
    """
    return clean_text(" ".join(value.split()), field=field, max_length=max_length)


def clean_text(value: str, *, field: str, max_length: int) -> str:
    """Return the text with Unix line endings, without surrounding white space.

    Raises:
        InvalidText: the text is too long or contains UNPRINTABLE characters.
    """
    text = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > max_length:
        raise InvalidText(
            _("Use at most %(limit)s characters; this text has %(count)s.")
            % {
                name: number_format(n, force_grouping=True) for name, n in (("limit", max_length), ("count", len(text)))
            },
            field=field,
        )
    if UNPRINTABLE.search(text):
        raise InvalidText(_("The text contains invalid characters."), field=field)
    return text
