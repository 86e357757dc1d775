"""The tag `{% lucide "clock" size=20 %}`, in place of the library's own: each icon is rendered once in a process.

The library copies an icon's tree of XML and writes it out at each use, which takes longer than the rest of most pages.
"""

from functools import lru_cache

from django import template
from django.utils.safestring import SafeString
from lucide.templatetags import lucide as library

# More than the templates have, each with its size and attributes.
KEPT = 500

register = template.Library()


@register.simple_tag
def lucide(name: str, *, size: int | None = 24, **attributes: object) -> SafeString:
    """Return the icon of this name in https://lucide.dev as an inline SVG with these attributes."""
    return _rendered(name, size, tuple(attributes.items()))


@lru_cache(maxsize=KEPT)
def _rendered(name: str, size: int | None, attributes: tuple[tuple[str, object], ...]) -> SafeString:
    return SafeString(library.lucide(name, size=size, **dict(attributes)))
