"""The language of emails, which is a preference of the account."""

from contextlib import AbstractContextManager

from django.conf import settings
from django.utils import translation

from accounts.models import User


def in_language_of(user: User) -> AbstractContextManager[None]:
    """Return a context manager that activates the user's language."""
    return translation.override(user.language or settings.LANGUAGE_CODE)
