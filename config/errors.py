"""The base class of refusals, and the table that gives each refusal its HTTP status.

The API and the pages both use the table. This module imports nothing from the project.
"""

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Refusal(Exception):
    """A rule of the domain forbids something. Subclasses set `code` (stable, for programs) and `message` (for people).

    `field` names the input that is at fault, if there is one, so that a form can show the message beside it. `wait` is
    the number of seconds after which the same request would be accepted, if waiting helps.
    """

    code = "refused"
    message: "StrOrPromise" = _("That didn’t work.")
    field: str | None = None

    def __init__(self, message: str | None = None, *, field: str | None = None, wait: int | None = None) -> None:
        self.message = str(message or self.message)  # translated now, in the language of the person
        self.field = field or self.field
        self.wait = wait
        super().__init__(self.message)

    @property
    def status(self) -> HTTPStatus:
        return STATUS_BY_CODE.get(self.code, HTTPStatus.BAD_REQUEST)


# A code that is not listed here means bad input and gets the status 400.
STATUS_BY_CODE = {
    "invalid_credentials": HTTPStatus.UNAUTHORIZED,
    "invalid_token": HTTPStatus.UNAUTHORIZED,
    "not_author": HTTPStatus.FORBIDDEN,
    "not_staff": HTTPStatus.FORBIDDEN,
    "account_locked": HTTPStatus.FORBIDDEN,
    "own_event": HTTPStatus.CONFLICT,
    "already_subscribed": HTTPStatus.CONFLICT,
    "already_reported": HTTPStatus.CONFLICT,
    "subscription_refused": HTTPStatus.CONFLICT,
    "has_subscribers": HTTPStatus.CONFLICT,
    "quota_exceeded": HTTPStatus.CONFLICT,
    "draft": HTTPStatus.CONFLICT,
    "cancelled": HTTPStatus.CONFLICT,
    "over": HTTPStatus.CONFLICT,
    "request_in_progress": HTTPStatus.CONFLICT,
    "revision_mismatch": HTTPStatus.PRECONDITION_FAILED,
    "idempotency_key_reused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "rate_limited": HTTPStatus.TOO_MANY_REQUESTS,
    "too_many_announcements": HTTPStatus.TOO_MANY_REQUESTS,
    "too_many_mails": HTTPStatus.TOO_MANY_REQUESTS,
    "too_many_tests": HTTPStatus.TOO_MANY_REQUESTS,
    "busy": HTTPStatus.SERVICE_UNAVAILABLE,
}
