"""The refusals of accounts."""

from django.utils.translation import gettext_lazy as _

from config.errors import Refusal


class InvalidCredentials(Refusal):
    code = "invalid_credentials"
    message = _("Wrong email address or password.")


class InvalidToken(Refusal):
    code = "invalid_token"
    message = _("The token is invalid, expired, used or revoked.")


class AccountSuspended(Refusal):
    code = "account_locked"
    message = _("This account is no longer active.")


class NotStaff(Refusal):
    code = "not_staff"
    message = _("Only staff can do that.")


class UsernameTaken(Refusal):
    code = "username_taken"
    message = _("That username is taken.")
    field = "username"


class EmailTaken(Refusal):
    code = "email_taken"
    message = _("There’s already an account with this email address.")
    field = "email"


class NoPendingEmail(Refusal):
    code = "no_pending_email"
    message = _("There’s no new email address to confirm. Request the change again.")


class InvalidLink(Refusal):
    code = "invalid_link"
    message = _("This link has expired, was already used, or belongs to another address.")


class InvalidIdempotencyKey(Refusal):
    code = "invalid_idempotency_key"
    message = _("An Idempotency-Key must be 1 to 255 printable ASCII characters, with or without quotes.")


class IdempotencyKeyReused(Refusal):
    code = "idempotency_key_reused"
    message = _("This Idempotency-Key was already used with different content. Use a new key for a new request.")


class RequestInProgress(Refusal):
    code = "request_in_progress"
    message = _("The same request is already being processed. Try again in a moment.")


class TooManyMails(Refusal):
    code = "too_many_mails"
    message = _("We’ve already sent several emails. Check your spam folder or try again in an hour.")
