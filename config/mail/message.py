"""Put together emails with a plain-text part and an HTML part, which are rendered from templates."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

MAX_SUBJECT_LENGTH = 150


def build_message(
    message_id: str,
    *,
    to: str,
    subject: str,
    template: str,
    context: dict[str, Any],
    headers: dict[str, str] | None = None,
) -> EmailMultiAlternatives:
    """Return a message with two parts, which are rendered from `<template>.txt` and `<template>.html`.

    `message_id` comes from `message_id_of`.
    """
    context = context | {"site": settings.ALLOWED_ORIGINS[0]}
    message = EmailMultiAlternatives(
        subject=one_line(subject)[:MAX_SUBJECT_LENGTH],
        body=render_to_string(f"{template}.txt", context),
        to=[to],
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated", **(headers or {})},
    )
    message.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    return message


def message_id_of(name: str, *, created_at: datetime) -> str:
    """Return the Message-ID for a stored email. It is the same at each attempt to send it.

    Receivers recognise a second copy by it. `name` is unique among emails that were created at the same moment.
    """
    host = urlsplit(settings.ALLOWED_ORIGINS[0]).hostname
    return f"<{name}.{created_at:%Y%m%d%H%M%S%f}@{host}>"


def one_line(text: str) -> str:
    """Return the text without line ends and other control characters, as a header requires."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def absolute_url(path: str) -> str:
    """Return the absolute URL of a page. An email has no request, so the site's origin is the first ALLOWED_ORIGINS."""
    return f"{settings.ALLOWED_ORIGINS[0]}{path}"
