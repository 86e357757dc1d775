"""The sections of the settings, for the navigation beside each of them and for the page that lists them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import template
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import get_language, get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from accounts.leads import lead_choice
from accounts.models import User

register = template.Library()


@dataclass(frozen=True)
class Section:
    """A section of the settings. The pages of some belong to apps that this one does not know, except by URL."""

    # The names of its views, the page of the section first.
    pages: tuple[str, ...]
    icon: str
    name: Any
    text: Any
    # What the user has chosen there, in words, for sections that show it instead of the text.
    chosen: Callable[[User], str] | None = None

    @property
    def page(self) -> str:
        return self.pages[0]


@dataclass(frozen=True)
class SectionLink:
    """A section as one reader sees it on one page."""

    section: Section
    # "page" on the page of the section, "true" on other pages that belong to it, as in `aria-current`.
    current: str
    text: str


def _reminders_of(user: User) -> str:
    return capfirst(", ".join(map(lead_choice, user.default_leads)) or _("changes only"))


def _language_of(user: User) -> str:
    language = get_language_info(user.language or get_language() or settings.LANGUAGE_CODE)["name_local"]
    return f"{capfirst(language)} · {user.time_zone}"


SECTIONS = (
    Section(
        ("accounts:profile", "accounts:change_email"),
        "user-round",
        gettext_lazy("Profile"),
        gettext_lazy("Your username and email address."),
        lambda user: f"{user.username} · {user.email}",
    ),
    Section(
        ("accounts:reminders",),
        "alarm-clock",
        gettext_lazy("Reminders"),
        gettext_lazy("When to remind you of events."),
        _reminders_of,
    ),
    Section(
        ("notifications:preferences",),
        "bell-ring",
        gettext_lazy("Notifications"),
        gettext_lazy("What reaches you by email and as a pop-up."),
    ),
    Section(
        ("events:calendar_link", "events:renew_calendar_link", "events:remove_calendar_link"),
        "calendar-sync",
        gettext_lazy("Calendar link"),
        gettext_lazy("Show your events and subscriptions in your own calendar."),
    ),
    Section(
        ("accounts:sessions", "accounts:password_change"),
        "monitor-smartphone",
        gettext_lazy("Devices and password"),
        gettext_lazy("See where you’re logged in, log out devices, and change your password."),
    ),
    Section(
        ("accounts:language",),
        "languages",
        gettext_lazy("Language and time zone"),
        gettext_lazy("For the site, emails and times."),
        _language_of,
    ),
    Section(
        ("accounts:data",),
        "download",
        gettext_lazy("Your data"),
        gettext_lazy("Download what belongs to your account."),
    ),
    Section(
        ("events:delete_account",),
        "trash-2",
        gettext_lazy("Delete account"),
        gettext_lazy("We’ll show you what’s affected first."),
    ),
)


@register.simple_tag(takes_context=True)
def settings_sections(context: dict[str, Any]) -> list[SectionLink]:
    """Return all sections, and which of them the page belongs to."""
    request = context["request"]
    return [
        SectionLink(
            section,
            current=_current(section, request.resolver_match.view_name),
            text=section.chosen(request.user) if section.chosen else str(section.text),
        )
        for section in SECTIONS
    ]


def _current(section: Section, view_name: str) -> str:
    if view_name == section.page:
        return "page"
    return "true" if view_name in section.pages else ""
