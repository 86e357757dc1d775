"""People, their sessions, one-time tickets for the feed, idempotency keys, and emails about accounts."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.devices import name_of
from accounts.fields import IdentityCharField, IdentityEmailField
from accounts.identity import validate_email_letters
from accounts.querysets import (
    AccountMailQuerySet,
    ApiSessionQuerySet,
    BrowserSessionQuerySet,
    FeedTicketQuerySet,
    IdempotencyKeyQuerySet,
    UserManager,
)
from accounts.zones import TIME_ZONES, zone_like
from config.logs.context import MAX_ID_LENGTH
from config.mail.message import message_id_of

MIN_LEAD_MINUTES = 0  # when it starts
MAX_LEAD_MINUTES = 43_200  # 30 days
MAX_LEADS = 10


def default_leads() -> list[int]:
    """Return the leads, in minutes, that subscriptions of a new user get by default."""
    return list(settings.DEFAULT_REMINDER_LEADS)


def validate_time_zone(value: str) -> None:
    """Refuse a value that is not the name of an IANA time zone.

    Raises:
        ValidationError: with code `unknown_zone`.
    """
    if value in TIME_ZONES:
        return
    if meant := zone_like(value):
        message = _("“%(value)s” is not a time zone we know. Did you mean %(zone)s?")
    else:
        message = _("“%(value)s” is not a time zone we know. Use a name like Europe/Rome.")
    raise ValidationError(message, code="unknown_zone", params={"value": value, "zone": meant})


def validate_language(value: str) -> None:
    """Refuse a language that is not among `LANGUAGES` in the settings.

    Raises:
        ValidationError: with code `unknown_language`.
    """
    if value not in dict(settings.LANGUAGES):
        raise ValidationError(
            _("This site isn’t available in “%(value)s”."), code="unknown_language", params={"value": value}
        )


def validate_leads(value: Any) -> None:
    """Refuse a value that is not a list of at most ten different whole numbers of minutes from 0 to 43,200.

    Raises:
        ValidationError: with code `invalid_leads`.
    """
    if not isinstance(value, list) or any(isinstance(lead, bool) or not isinstance(lead, int) for lead in value):
        raise ValidationError(
            _("Reminders must be a list of whole numbers (minutes before the start)."), code="invalid_leads"
        )
    if len(value) > MAX_LEADS:
        raise ValidationError(_("You can choose up to %(n)d reminders.") % {"n": MAX_LEADS}, code="invalid_leads")
    if len(set(value)) != len(value):
        raise ValidationError(_("You’ve entered the same reminder twice."), code="invalid_leads")
    if any(not MIN_LEAD_MINUTES <= lead <= MAX_LEAD_MINUTES for lead in value):
        raise ValidationError(_("Reminders can be at the start or up to 30 days before it."), code="invalid_leads")


class User(AbstractUser):
    """A person. Logs in by email; other people see the username."""

    username = IdentityCharField(
        _("username"),
        max_length=40,
        unique=True,
        help_text=_("Lowercase letters, numbers and “_ . -”. Visible to others."),
        # Browsers remove "." and ".." from the path of a URL, so the page of such a user could not be reached.
        validators=[
            RegexValidator(
                r"^(?!\.{1,2}\Z)[a-zA-Z0-9_.-]+\Z",
                _("Only letters, numbers and “_ . -” are allowed. “.” and “..” can’t be usernames."),
            )
        ],
        error_messages={"unique": _("That username is taken.")},
    )
    email = IdentityEmailField(
        _("email address"),
        unique=True,
        validators=[validate_email_letters],
        error_messages={"unique": _("There’s already an account with this email address.")},
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_time_zone])
    # The language of emails, and of the pages in a browser after a login there. Empty means that the user has never
    # asked for one and gets the site's default.
    language = models.CharField(
        _("language"), max_length=10, blank=True, default="", db_default="", validators=[validate_language]
    )
    default_leads = models.JSONField(
        _("default reminders (minutes before the start)"),
        default=default_leads,
        blank=True,
        validators=[validate_leads],
    )
    email_verified_at = models.DateTimeField(_("email address verified"), null=True, blank=True)
    # A requested email address, which has no effect until its owner confirms it; others may still sign up with it.
    pending_email = IdentityEmailField(_("new email address"), null=True, blank=True)
    pending_email_at = models.DateTimeField(null=True, blank=True)
    # Kinds of notification, as `notifications` names them, that the user wants no emails of, or no toasts.
    mail_muted = models.JSONField(default=list, db_default=[], blank=True)
    toast_muted = models.JSONField(default=list, db_default=[], blank=True)
    # The fact that the sweep acts on: it cancels the user's events, notifies their subscribers, and purges the account.
    deletion_requested_at = models.DateTimeField(_("deletion requested"), null=True, blank=True, db_index=True)
    # How often the account was suspended or reinstated, or a change of its email address was undone. Sessions and links
    # to a new password are signed with it, and a calendar feed belongs to it, so that none of them is revived.
    lock_count = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["username"]

    def __str__(self) -> str:
        return self.username

    @property
    def pending_email_until(self) -> datetime | None:
        """When the pending email address expires; None if none was requested."""
        lifetime = timedelta(days=settings.EMAIL_VERIFICATION_DAYS)
        return self.pending_email_at + lifetime if self.pending_email_at else None

    def awaits_email(self, at: datetime) -> bool:
        """Return whether a pending email address can still be confirmed: `at < pending_email_until`."""
        return self.pending_email_until is not None and at < self.pending_email_until

    def can_confirm(self, address: str, *, asked_at: datetime, at: datetime) -> bool:
        """Return whether a link that was requested at `asked_at` still confirms this address as the pending one.

        The link of an earlier request for the same address became invalid when that request was replaced:
        `asked_at < pending_email_at`.
        """
        is_earlier = self.pending_email_at is not None and asked_at < self.pending_email_at
        return self.pending_email == address and not is_earlier and self.awaits_email(at)

    def get_session_auth_hash(self) -> str:
        return self._until_suspended(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return map(self._until_suspended, super().get_session_auth_fallback_hash())

    def _until_suspended(self, signature: str) -> str:
        """Return a signature that a suspension invalidates; it is unchanged if the account was never suspended."""
        return f"{signature}.{self.lock_count}" if self.lock_count else signature


class Login(models.Model):
    """A login, with what helps its owner recognise it."""

    created_at = models.DateTimeField(_("created"))
    seen_at = models.DateTimeField(db_default=Now(), db_index=True)  # the index serves the purge of expired sessions
    user_agent = models.CharField(max_length=200, blank=True, default="", db_default="")
    address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def device(self) -> str:
        """The program and its operating system, in words."""
        return name_of(self.user_agent)


class BrowserSession(Login):
    """One login of a browser. It belongs to a row of Django's session table and is valid as long as that one."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="browser_sessions")
    session_key = models.CharField(max_length=40, unique=True)

    objects = BrowserSessionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"browser session {self.pk} of user {self.user_id}"


class ApiSession(Login):
    """One login through the API.

    `seen_at` is when its tokens were last issued or refreshed. They contain its id and become invalid when it ends.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_sessions", verbose_name=_("user"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = ApiSessionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("API session"), _("API sessions")

    def __str__(self) -> str:
        return f"API session {self.pk} of user {self.user_id}"


class FeedTicket(models.Model):
    """A ticket that opens the feed once, stored as a digest.

    The socket that it opens is closed when the login that requested the ticket ends.
    """

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the ticket, hexadecimal.")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField(db_index=True)  # the index serves the purge of unused tickets
    session_key = models.CharField(max_length=40, blank=True)
    api_session = models.ForeignKey(ApiSession, on_delete=models.CASCADE, null=True, related_name="+")

    objects = FeedTicketQuerySet.as_manager()

    def __str__(self) -> str:
        return f"feed ticket of user {self.user_id}"


class IdempotencyKey(models.Model):
    """A request that created something, in case it is repeated. The row contains only digests of its content."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key_digest = models.CharField(max_length=64, help_text="SHA-256 of endpoint and key, hexadecimal.")
    content_digest = models.CharField(max_length=64)
    # The id of what the request created; the endpoint determines the model.
    result_id = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(db_index=True)  # the index serves the purge of keys that are a day old

    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key_digest"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return f"key of a request of user {self.user_id}"


class OutgoingMail(models.Model):
    """An email that has to be sent.

    `due_at` is the time of the next attempt, and NULL once there will be no more. Claiming an email moves `due_at` past
    the time that an attempt may take, so that an email becomes due again by itself if the process that claimed it dies.
    """

    created_at = models.DateTimeField(_("created"))
    # The index serves the mailer's query for due emails.
    due_at = models.DateTimeField(_("next attempt"), null=True, blank=True, db_index=True)
    tries = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # Attempts that the mail server refused for good (5xx).
    refusals = models.PositiveSmallIntegerField(_("rejections"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    given_up_at = models.DateTimeField(_("failed"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=200, blank=True)
    # Of the request that caused the email, for the logs; empty if none did.
    request_id = models.CharField(_("request ID"), max_length=MAX_ID_LENGTH, blank=True, default="", db_default="")

    class Meta:
        abstract = True

    @property
    def message_id(self) -> str:
        return message_id_of(f"{self._meta.model_name}.{self.pk}", created_at=self.created_at)


class AccountMail(OutgoingMail):
    """An email about an account. Its link is signed when it is sent, so that no row contains one."""

    class Kind(models.TextChoices):
        VERIFY = "verify", _("Verify email address")
        RESET = "reset", _("Reset password")
        CONFIRM_EMAIL = "confirm_email", _("Confirm new email address")
        # Sent to the current address. Its link undoes the change, and the address is reserved while the link works.
        CHANGE_ASKED = "change_asked", _("Email address change requested")
        RESTORED = "restored", _("Email address restored")
        EMAIL_CHANGED = "email_changed", _("Email address changed")
        PASSWORD_CHANGED = "password_changed", _("Password changed")

    kind = models.CharField(max_length=16, choices=Kind)
    address = IdentityEmailField(_("email address"))
    # NULL if a password reset was requested, because only the mailer looks up whether the address has an account.
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="mails", verbose_name=_("user")
    )
    # When the link was used or replaced by another one. A link works once.
    used_at = models.DateTimeField(_("link used"), null=True, blank=True)

    objects = AccountMailQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("account email"), _("account emails")
        # Serves the query how many emails an address was sent recently.
        indexes = [models.Index(fields=["address", "created_at"], name="account_mail_recent")]

    def __str__(self) -> str:
        return f"{self.kind} mail {self.pk}"
