"""System checks of the settings that accounts need; `manage.py check` runs them."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error


def check_mail(**options: Any) -> list[CheckMessage]:
    """Report a production that sends no emails, because nobody could reset a forgotten password."""
    if settings.EMBEDDED or settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend":
        return []
    return [Error("EMAIL_URL must name a mail server in production.", id="accounts.E001")]
