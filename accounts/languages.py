"""The language of pages and emails, which is kept in a cookie of the browser and in a preference of the account."""

from contextlib import AbstractContextManager

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from rest_framework.request import Request

from accounts.models import User


def in_language_of(user: User) -> AbstractContextManager[None]:
    """Return a context manager that activates the user's language."""
    return translation.override(user.language or settings.LANGUAGE_CODE)


def language_of(request: HttpRequest | Request) -> str:
    """Return the language that a request asks for by cookie or header; an empty string if it asks for none."""
    asks = settings.LANGUAGE_COOKIE_NAME in request.COOKIES or "Accept-Language" in request.headers
    return translation.get_language_from_request(request) if asks else ""


def keep_language(response: HttpResponseBase, language: str) -> None:
    """Store the chosen language in a cookie of the browser; do nothing if no language was chosen."""
    if language:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite=settings.LANGUAGE_COOKIE_SAMESITE,  # type: ignore[arg-type]  # the stubs type the setting as str
        )
