"""Recognise a form or an API call that is sent again, by its one-time key and its content."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.forms import Form
from django.http import HttpRequest
from rest_framework.request import Request

from accounts.callers import caller
from accounts.exceptions import InvalidIdempotencyKey
from accounts.models import User
from accounts.services import Once

# The draft draft-ietf-httpapi-idempotency-key-header asks for a quoted string (sf-string of RFC 8941), but most clients
# send the key without quotes. Both forms contain 1 to 255 printable ASCII characters.
HEADER_PATTERN = r'^("([ !#-\[\]-~]|\\["\\]){1,255}"|[!#-~]([ -~]{0,253}[!-~])?)$'


def once_by_form(request: HttpRequest, form: Form, content: Mapping[str, Any]) -> Once | None:
    """Return the identity of a valid form that has a `OneTimeField` called `once`; None if it was sent without a key.

    The content is part of the key, because somebody who goes back, edits the form and sends it again wants something
    new.
    """
    key, digest = form.cleaned_data["once"], _digest(content)
    if not key or not isinstance(request.user, User):
        return None
    return Once(user=request.user, key=_digest([_endpoint(request), key, digest]), content=digest)


def once_by_header(request: Request, content: Mapping[str, Any]) -> Once | None:
    """Return the identity of a call with an Idempotency-Key and this valid content; None without that header.

    Raises:
        InvalidIdempotencyKey
    """
    header = request.headers.get("Idempotency-Key")
    if header is None:
        return None
    if not re.fullmatch(HEADER_PATTERN, header):
        raise InvalidIdempotencyKey
    key = re.sub(r"\\(.)", r"\1", header[1:-1]) if header.startswith('"') else header
    return Once(user=caller(request), key=_digest([_endpoint(request), key]), content=_digest(content))


def _endpoint(request: HttpRequest | Request) -> str:
    return f"{request.method} {request.path}"


def _digest(content: Any) -> str:
    """Return the SHA-256 of the content in canonical JSON, with sorted names and instants in UTC."""
    canonical = json.dumps(content, sort_keys=True, default=_plain)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
