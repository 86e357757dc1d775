"""The inbox, and the heartbeat of the sweep that fills it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import OutgoingMail, User
from accounts.querysets import OutgoingMailQuerySet
from events.models import MAX_HEADLINE_LENGTH, MAX_LOCATION_LENGTH, Event
from notifications.querysets import NotificationQuerySet


class NoticeMail(OutgoingMail):
    """One mail of what somebody has not read. Which notices it tells is noted with them, once and for all tries."""

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    objects = OutgoingMailQuerySet.as_manager()

    def __str__(self) -> str:
        return f"notice mail {self.pk}"


class MailCursor(models.Model):
    """The one row that says up to which notification it is decided whether it is mailed."""

    SINGLETON_ID = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=SINGLETON_ID)
    decided_up_to = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="mail_cursor_single")]

    def __str__(self) -> str:
        return f"decided up to {self.decided_up_to}"


class Notification(models.Model):
    """One inbox row: what one person was told, as it was true when they were told."""

    class Kind(models.TextChoices):
        REMINDER = "reminder", _("Reminder")
        RESCHEDULED = "rescheduled", _("Rescheduled")
        RELOCATED = "relocated", _("Relocated")
        CANCELLED = "cancelled", _("Cancelled")
        MESSAGE = "message", _("Message")

    # Begins the source of the notices that people send themselves to see whether they arrive.
    TEST_SOURCE = "test:"

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    event = models.ForeignKey(Event, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=11, choices=Kind)
    headline = models.CharField(max_length=MAX_HEADLINE_LENGTH)
    starts_at = models.DateTimeField()
    # The database's default lets hosts that still run the version before this column insert.
    all_day = models.BooleanField(default=False, db_default=False)
    time_zone = models.CharField(max_length=64)
    location = models.CharField(max_length=MAX_LOCATION_LENGTH, blank=True)
    # {} or {before: {starts_at, ends_at, location}, after: {...}, text}.
    detail = models.JSONField(default=dict, blank=True)
    lead = models.PositiveIntegerField(null=True, blank=True)
    # `reminder:<event>:<lead>:<start epoch>` or `announcement:<id>`: what it is about, the same however often it is
    # written. Never a reminder's id, which changes when somebody unsubscribes and subscribes again.
    source = models.CharField(max_length=100)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    emailed_at = models.DateTimeField(null=True, blank=True)
    # The mail that is to tell it. Without an index: it is only asked for together with the recipient.
    mail = models.ForeignKey(
        NoticeMail,
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )

    objects = NotificationQuerySet.as_manager()

    class Meta:
        # Exactly once, by the database.
        constraints = [models.UniqueConstraint(fields=["recipient", "source"], name="notification_once")]
        indexes = [
            # The unread count, the newest unread, marking read.
            models.Index(fields=["recipient", "read_at"], name="notification_unread"),
            # The position check and the push: what is new for these people.
            models.Index(fields=["recipient", "created_at"], name="notification_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.headline}"

    @property
    def is_test(self) -> bool:
        return self.source.startswith(self.TEST_SOURCE)

    def is_mailed_to(self, recipient: User) -> bool:
        """Whether its recipient wants its kind by mail."""
        return self.kind not in recipient.mail_muted


class Heartbeat(models.Model):
    """The one row that says that the sweep lives."""

    SINGLETON_ID = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=SINGLETON_ID)
    swept_at = models.DateTimeField()
    # Reminders that were due but whose event had begun before any sweep came.
    missed_count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="heartbeat_single")]

    def __str__(self) -> str:
        return f"swept at {self.swept_at:%Y-%m-%d %H:%M:%S}"
