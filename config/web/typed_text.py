"""What is typed into forms and not saved yet. The tab keeps it (static/js/kept.js), and the server says until when.

It does so by cookies that the script can read: whichever page the tab shows next has to see them, and no page of
another tab may take them away.
"""

import re
from secrets import token_hex

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

# How long the tab may take to show its next page.
SAVED_SECONDS = 24 * 60 * 60


def without_typed_text(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Say with the response that the content of this form is saved. `kept` is the script's id of this attempt."""
    attempt = request.POST.get("kept", "")
    if re.fullmatch("[0-9a-z]{1,32}", attempt):
        _set_cookie(response, f"saved-{attempt}", "1", max_age=SAVED_SECONDS)
    return response


def forget_typed_text(response: HttpResponseBase) -> None:
    """Say with the response that somebody has logged out, so that the browser deletes what was typed before that."""
    _set_cookie(response, "logged-out", token_hex(8), max_age=None)


def _set_cookie(response: HttpResponseBase, name: str, value: str, *, max_age: int | None) -> None:
    response.set_cookie(name, value, max_age=max_age, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax")
