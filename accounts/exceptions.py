"""What accounts refuses."""

from config.errors import Refusal


class InvalidCredentials(Refusal):
    code = "invalid_credentials"
    message = "No active account has this e-mail address and password."


class InvalidToken(Refusal):
    code = "invalid_token"
    message = "The token is invalid, expired, used or revoked."


class AccountLocked(Refusal):
    code = "account_locked"
    message = "This account is locked."


class UsernameTaken(Refusal):
    code = "username_taken"
    message = "That username is taken."
    field = "username"


class EmailTaken(Refusal):
    code = "email_taken"
    message = "That e-mail address has an account."
    field = "email"
