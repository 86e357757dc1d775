"""What must be configured for accounts to work, found by `manage.py check`."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error


def check_mail(**options: Any) -> list[CheckMessage]:
    """Refuse a production whose mails would reach nobody: who forgets a password would stay outside."""
    if settings.EMBEDDED or settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend":
        return []
    return [Error("EMAIL_URL must name a mail server in production.", id="accounts.E001")]
