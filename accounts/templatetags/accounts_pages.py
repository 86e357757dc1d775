"""Template tags for forms about people, and for links to the pages on which they log in."""

from typing import Any
from urllib.parse import quote

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import reverse

from accounts.logins import page_of, return_url

register = template.Library()


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
