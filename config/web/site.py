"""The site's own name, colour and links (`SITE_…` in the settings), as template tags that need no `load`."""

from dataclasses import dataclass

from django import template
from django.conf import settings
from django.utils.translation import gettext as _

# The accent in emails if the site has none of its own. It is written on light and on dark grounds.
MAIL_ACCENT = "#0b6e4f"

register = template.Library()


@dataclass(frozen=True)
class SiteLink:
    label: str
    url: str
    # In lower case and not translated, such as `privacy`.
    name: str


@register.simple_tag
def site_name() -> str:
    return str(settings.SITE_NAME)


@register.simple_tag
def site_accent() -> str:
    """Return the site's accent, or an empty string if it has none of its own."""
    return str(settings.SITE_ACCENT)


@register.simple_tag
def mail_accent() -> str:
    return settings.SITE_ACCENT or MAIL_ACCENT


@register.simple_tag
def site_links(*names: str) -> list[SiteLink]:
    """Return the links with these names, or all of them, in the order of the setting and the active language."""
    links = [SiteLink(_translated(label), url, label.lower()) for label, url in settings.SITE_LINKS]
    return [link for link in links if not names or link.name in names]


def _translated(label: str) -> str:
    known = {"privacy": _("Privacy"), "imprint": _("Imprint"), "contact": _("Contact")}
    return known.get(label.lower(), label)
