"""What accounts refuses."""

from django.utils.translation import gettext_lazy as _

from config.errors import Refusal


class InvalidCredentials(Refusal):
    code = "invalid_credentials"
    message = _("No active account has this e-mail address and password.")


class InvalidToken(Refusal):
    code = "invalid_token"
    message = _("The token is invalid, expired, used or revoked.")


class AccountLocked(Refusal):
    code = "account_locked"
    message = _("This account is locked.")


class NotStaff(Refusal):
    code = "not_staff"
    message = _("Only members of staff may do that.")


class UsernameTaken(Refusal):
    code = "username_taken"
    message = _("That username is taken.")
    field = "username"


class EmailTaken(Refusal):
    code = "email_taken"
    message = _("That e-mail address has an account.")
    field = "email"


class NoPendingEmail(Refusal):
    code = "no_pending_email"
    message = _("No new email address is waiting to be confirmed. Ask for the change again.")


class InvalidLink(Refusal):
    code = "invalid_link"
    message = _("This link is too old, was used before, or belongs to another address.")


class InvalidIdempotencyKey(Refusal):
    code = "invalid_idempotency_key"
    message = _("An Idempotency-Key has 1 to 255 printable ASCII characters, with or without quotes.")


class IdempotencyKeyReused(Refusal):
    code = "idempotency_key_reused"
    message = _("This Idempotency-Key was already used with different content. Use a new key for a new request.")


class RequestInProgress(Refusal):
    code = "request_in_progress"
    message = _("The same request is already being processed. Try again in a moment.")


class TooManyMails(Refusal):
    code = "too_many_mails"
    message = _("Several mails are on their way already. Look into your spam folder, or try again in an hour.")
