"""Where a login leads back to: the page that offered or required it, which `next` carries from page to page."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import RedirectURLMixin, redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.http import escape_leading_slashes, url_has_allowed_host_and_scheme

from accounts.requests import AuthenticatedRequest
from config.web.requests import READING_METHODS

# The pages on the way to a login, and the way out. Nobody wants to be on them after logging in.
ON_THE_WAY = {
    "accounts:choose_language",
    "accounts:login",
    "accounts:logout",
    "accounts:password_reset",
    "accounts:password_reset_confirm",
    "accounts:signup",
    "accounts:undo_email_change",
}


class ReturningMixin(RedirectURLMixin):
    """Redirect to `next` after a login or a sign-up."""

    request: HttpRequest

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        return next_of(request or self.request)


def login_required(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Redirect readers who are not logged in to the login, which leads back to the page that they are on.

    Django's decorator leads back to the URL of the request. For an action without a page, that would be answered 405.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(page_of(request))
        return view(cast(AuthenticatedRequest, request), *args, **kwargs)

    return wrapped


def page_of(request: HttpRequest) -> str:
    """Return the URL of the page that is asked for, or of the page with the form that was sent, if that is known."""
    referrer = request.headers.get("Referer", "")
    if request.method in READING_METHODS or not _is_ours(request, referrer):
        return request.get_full_path()
    return escape_leading_slashes(urlsplit(referrer)._replace(scheme="", netloc="", fragment="").geturl())


def return_url(request: HttpRequest) -> str:
    """Return the URL to which a login that this page offers leads back; empty if the login should not lead back."""
    match = request.resolver_match
    if match and match.view_name not in ON_THE_WAY and request.method in READING_METHODS:
        return page_of(request)  # it is the page of `match`, so it need not be looked up among the URLs again
    url = page_of(request) if match is None or match.view_name not in ON_THE_WAY else next_of(request)
    return "" if _is_on_the_way(url) else url


def next_of(request: HttpRequest) -> str:
    """Return the `next` of a request, or an empty string if it is not one of our pages, or is one of ON_THE_WAY."""
    url = request.POST.get(REDIRECT_FIELD_NAME, request.GET.get(REDIRECT_FIELD_NAME, ""))
    return url if _is_ours(request, url) and not _is_on_the_way(url) else ""


def _is_ours(request: HttpRequest, url: str) -> bool:
    hosts = {request.get_host()}
    return url_has_allowed_host_and_scheme(url, allowed_hosts=hosts, require_https=request.is_secure())


def _is_on_the_way(url: str) -> bool:
    path = unquote(urlsplit(url).path)
    try:
        return resolve(path if path.endswith("/") else f"{path}/").view_name in ON_THE_WAY
    except Resolver404:
        return False
