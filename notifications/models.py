"""Notifications, the emails about unread ones, and the heartbeat of the sweep that writes notifications."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import OutgoingMail, User
from accounts.querysets import OutgoingMailQuerySet
from events.models import Event
from events.text_limits import MAX_HEADLINE_LENGTH, MAX_LOCATION_LENGTH
from notifications.querysets import NotificationQuerySet


class NoticeMail(OutgoingMail):
    """One email about a person's unread notifications.

    Each notification refers to the email that contains it, so every attempt to send the email starts from the same
    notifications.
    """

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("recipient")
    )

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("notification email"), _("notification emails")

    def __str__(self) -> str:
        return f"notification email {self.pk}"


class MailCursor(models.Model):
    """The single row that says up to which notification it has been decided whether it is emailed."""

    SINGLETON_ID = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=SINGLETON_ID)
    decided_up_to = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="mail_cursor_single")]

    def __str__(self) -> str:
        return f"decided up to {self.decided_up_to}"


class Notification(models.Model):
    """One row of a person's inbox, with the facts as they were when it was written."""

    class Kind(models.TextChoices):
        REMINDER = "reminder", _("Reminder")
        RESCHEDULED = "rescheduled", _("Time changed")
        RELOCATED = "relocated", _("Location changed")
        CANCELLED = "cancelled", _("Cancelled")
        MESSAGE = "message", _("Message")

    # The prefix of the source of test notifications, which people send themselves to see whether they arrive.
    TEST_SOURCE = "test:"

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications", verbose_name=_("recipient")
    )
    event = models.ForeignKey(
        Event,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,  # the index on (event, recipient) serves the foreign key
        related_name="+",
        verbose_name=_("event"),
    )
    kind = models.CharField(_("type"), max_length=11, choices=Kind)
    headline = models.CharField(_("title"), max_length=MAX_HEADLINE_LENGTH)
    starts_at = models.DateTimeField(_("starts"))
    # The database's default lets processes of the previous version, which do not know this column, insert rows.
    all_day = models.BooleanField(_("all day"), default=False, db_default=False)
    time_zone = models.CharField(_("time zone"), max_length=64)
    location = models.CharField(_("location"), max_length=MAX_LOCATION_LENGTH, blank=True)
    # {} or {before: {starts_at, ends_at, all_day, time_zone, location}, after: {...}, text}.
    detail = models.JSONField(_("details"), default=dict, blank=True)
    lead = models.PositiveIntegerField(_("minutes before the start"), null=True, blank=True)
    # What the notification is about: `reminder:<event>:<lead>:<start in epoch seconds>` or
    # `reminder:<event>:<days>:<date>` if the event is all-day, `announcement:<id>` or
    # `test:<time>`. It is the same however often delivery is tried. A reminder's id would not be, because it changes
    # when somebody unsubscribes and subscribes again.
    source = models.CharField(_("source"), max_length=100)
    created_at = models.DateTimeField(_("sent"))
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    emailed_at = models.DateTimeField(_("emailed"), null=True, blank=True)
    # When the sweep recorded that the notification is no longer current, because a later one or another fact has
    # replaced it. `NotificationQuerySet.current` says what that means.
    superseded_at = models.DateTimeField(_("superseded"), null=True, blank=True)
    # Whether nothing has superseded it but a reminder of the same start with a smaller lead, so that it is still true.
    has_later_reminder = models.BooleanField(default=False, db_default=False, editable=False)
    # The email that contains the notification. There is no index, because queries always name the recipient too.
    mail = models.ForeignKey(
        NoticeMail,
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
        verbose_name=_("email"),
    )

    # Only on rows that `NotificationQuerySet.with_currency` has returned.
    is_current: bool

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("notification"), _("notifications")
        # The database ensures that nobody is notified twice of the same thing.
        constraints = [models.UniqueConstraint(fields=["recipient", "source"], name="notification_once")]
        indexes = [
            # Counting, listing and marking unread notifications, and finding some people's that were superseded lately.
            models.Index(fields=["recipient", "superseded_at", "read_at"], name="notification_current"),
            # The sweep: the notifications of some subscribers of an event, which later ones supersede.
            models.Index(fields=["event", "recipient"], name="notification_of_event"),
            # The inbox. The position check and the push: the new notifications of some people.
            models.Index(fields=["recipient", "created_at"], name="notification_recent"),
            # The position check: what anybody has read lately, and what was superseded lately.
            models.Index(fields=["superseded_at", "read_at"], name="notification_gone"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.headline}"

    @property
    def is_test(self) -> bool:
        return self.source.startswith(self.TEST_SOURCE)

    @property
    def announcement_id(self) -> int | None:
        """The id of the announcement that it was written for; None if it was another fact."""
        fact, _separator, number = self.source.partition(":")
        return int(number) if fact == "announcement" else None

    @property
    def is_withdrawn(self) -> bool:
        """Whether what it says no longer holds. A reminder that a later one of the same start supersedes still does."""
        return self.superseded_at is not None and not self.has_later_reminder

    @property
    def unmentioned_location(self) -> str:
        """The event's location if the sentence of the wording does not mention it, otherwise "".

        That of a cancelled event is the one that its subscribers knew.
        """
        if self.kind == self.Kind.CANCELLED:
            return str(self.detail["before"]["location"])
        return self.location if self.kind == self.Kind.REMINDER else ""

    def is_mailed_to(self, recipient: User) -> bool:
        """Return whether this recipient wants such a notification by email.

        A new start is also wanted by those who want reminders, because it is the reminder of the times that have
        passed.
        """
        kinds = {self.kind, self.Kind.REMINDER} if self.brings_new_start else {self.kind}
        return not kinds <= set(recipient.mail_muted)

    @property
    def brings_new_start(self) -> bool:
        """Whether it says that the event starts at another time."""
        if self.kind != self.Kind.RESCHEDULED:
            return False
        return bool(self.detail["before"]["starts_at"] != self.detail["after"]["starts_at"])


class Heartbeat(models.Model):
    """The single row in which sweeps record when they last ran and how many reminders they have missed."""

    SINGLETON_ID = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=SINGLETON_ID)
    swept_at = models.DateTimeField(_("last run"))
    # The version of the rules of time zones that the last sweep had; empty if a previous version wrote the row.
    zone_rules = models.CharField(_("time zone rules"), max_length=16, default="", db_default="")
    # Reminders that were due, but whose event had started before a sweep could send them.
    missed_count = models.PositiveBigIntegerField(_("missed reminders"), default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("delivery job"), _("delivery jobs")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="heartbeat_single")]

    def __str__(self) -> str:
        return f"swept at {self.swept_at:%Y-%m-%d %H:%M:%S}"


class ProcessHeartbeat(models.Model):
    """One kind of background process: when it last worked, and whether its work fails. All of a kind share its row.

    Beat cannot reach the database. The worker sweeps only when beat asks it to, so the worker's row shows both.
    """

    class Kind(models.TextChoices):
        WORKER = "worker", _("worker and beat")
        SWEEPER = "sweeper", _("sweeper")
        MAILER = "mailer", _("mailer")

    kind = models.CharField(_("process"), max_length=16, choices=Kind, primary_key=True)
    # When a turn last ended, whether it failed or not.
    worked_at = models.DateTimeField(_("last run"))
    # When a turn last sent anything: notifications, or emails.
    delivered_at = models.DateTimeField(_("last delivery"), null=True, blank=True)
    # NULL if nothing fails. Otherwise the times of the first and the last failure, and how many there were.
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    failed_at = models.DateTimeField(_("last failure"), null=True, blank=True)
    failure_count = models.PositiveBigIntegerField(_("failures"), default=0, db_default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("background process"), _("background processes")

    def __str__(self) -> str:
        return f"{self.kind} worked at {self.worked_at:%Y-%m-%d %H:%M:%S}"
