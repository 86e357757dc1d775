"""Template tags for forms about people, and for links to the pages on which they log in."""

from functools import cache
from typing import Any
from urllib.parse import quote

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from accounts.logins import page_of, return_url
from accounts.zones import TIME_ZONES, city_name, raw_city_name

register = template.Library()

AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
SUGGESTED = ("UTC", *sorted(name for name in TIME_ZONES if name.split("/")[0] in AREAS))


@register.simple_tag(takes_context=True)
def url_with_next(context: dict[str, Any], name: str) -> str:
    """Return the URL of a page on the way to a login, with the page to which the login leads back."""
    return _with_next(name, return_url(context["request"]))


def login_links(request: HttpRequest) -> dict[str, str]:
    """Return the URLs with which a page offers to log in and to sign up, by their names in templates."""
    wanted = return_url(request)
    return {"login_url": _with_next("accounts:login", wanted), "signup_url": _with_next("accounts:signup", wanted)}


def _with_next(name: str, wanted: str) -> str:
    url = reverse(name)
    return f"{url}?next={quote(wanted)}" if wanted not in {"", resolve_url(settings.LOGIN_REDIRECT_URL)} else url


@register.simple_tag(takes_context=True)
def url_of_form(context: dict[str, Any]) -> str:
    """Return the URL of the page whose form was sent with this request."""
    return page_of(context["request"])


@register.simple_tag
def time_zone_options() -> SafeString:
    """Return an `<option>` for each time zone to suggest: those named after a region, without the old aliases.

    Every other known name can be typed. An option's label is the city in the active language, unless that is already
    part of the zone's name.
    """
    return _options(get_language())


@cache
def _options(language: str) -> SafeString:
    """Return the options in the active language, which the caller passes because it is the key of the cache.

    The hundreds of options are cached because they are the same on each page that has them.
    """
    return SafeString("".join(map(_option, SUGGESTED)))


def _option(zone: str) -> SafeString:
    city = city_name(zone)
    if city == raw_city_name(zone):
        return format_html('<option value="{}">', zone)
    return format_html('<option value="{}" label="{}">', zone, city)
