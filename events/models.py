"""Events, their subscriptions and reminders, and the announcements that subscribers must be notified of."""

import secrets
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import MAX_LEAD_MINUTES, MIN_LEAD_MINUTES, validate_time_zone
from accounts.zones import zone_of
from config.logs.context import MAX_ID_LENGTH
from events.fields import LocalDateTimeField
from events.local_time import ends_in_its_night, last_day
from events.querysets import (
    CHANGES,
    AnnouncementQuerySet,
    CalendarFeedQuerySet,
    CalendarImportQuerySet,
    EndedSubscriptionQuerySet,
    EventQuerySet,
    EventReportQuerySet,
    ReminderQuerySet,
    RemovalQuerySet,
    SubscriptionQuerySet,
)
from events.text_limits import (
    MAX_CALENDAR_NAME_LENGTH,
    MAX_DESCRIPTION_LENGTH,
    MAX_FILE_NAME_LENGTH,
    MAX_HEADLINE_LENGTH,
    MAX_LOCATION_LENGTH,
    MAX_MESSAGE_LENGTH,
)


def make_invite_token() -> str:
    """Return a new invite token: 128 random bits in hexadecimal, which no collation treats as equal to another."""
    return secrets.token_hex(16)


class Event(models.Model):
    """Something that begins at a time and that people can subscribe to."""

    class State(models.TextChoices):
        PUBLIC = "public", _("Public")
        PRIVATE = "private", _("Private")
        DRAFT = "draft", _("Draft")

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="events", verbose_name=_("organiser")
    )
    headline = models.CharField(_("title"), max_length=MAX_HEADLINE_LENGTH)
    description = models.TextField(_("description"), max_length=MAX_DESCRIPTION_LENGTH, blank=True)
    location = models.CharField(_("location"), max_length=MAX_LOCATION_LENGTH, blank=True)
    # UTC. An all-day event runs from local midnight to the local midnight after its last day.
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    all_day = models.BooleanField(_("all day"), default=False)
    # The end, or the start if there is no end. It is stored because MariaDB cannot index an expression.
    over_at = models.DateTimeField(_("past from"), editable=False)
    # Two facts that follow from the times and by which an index finds what lists and months show. The sweep records
    # that the event has ended, some time after its end; until then, and since an edit has moved the end, it is false.
    # The class of the length is one of `LENGTHS` in events/querysets.py; it is NULL if a previous version has posted
    # the event, until the sweep records it.
    has_ended = models.BooleanField(default=False, db_default=False, editable=False)
    length_class = models.PositiveSmallIntegerField(null=True, editable=False)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_time_zone])
    # Start and end in the time zone, and the version of its rules by which they agree with the instants. If later rules
    # say otherwise, the instants move and these stay. They are valid for the instants that `local_times_of` contains: a
    # previous version changes those without them, and leaves all four columns empty in new rows.
    starts_local = LocalDateTimeField(null=True, editable=False)
    ends_local = LocalDateTimeField(null=True, editable=False)
    zone_rules = models.CharField(max_length=16, default="", db_default="", editable=False)
    local_times_of = models.CharField(max_length=120, default="", db_default="", editable=False)
    state = models.CharField(_("visibility"), max_length=7, choices=State, default=State.PRIVATE)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    # When the first notification of a reminder for the current start was written.
    notified_at = models.DateTimeField(_("first reminder sent"), null=True, blank=True)
    # The id of the last subscription whose reminders have been adjusted to a start that moved silently, or made void by
    # a cancellation or a deletion; NULL once all have been.
    rearm_cursor = models.PositiveBigIntegerField(_("reminders rescheduled up to subscription"), null=True, blank=True)
    invite_token = models.CharField(max_length=32, default=make_invite_token, editable=False)
    # The id of the newest subscription when the invite was last renewed. Only subscriptions up to it can have used an
    # older invite. NULL if the invite was never renewed.
    last_old_invite_id = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    # SHA-256 of the iCalendar UID the event was imported under, hexadecimal.
    uid_digest = models.CharField(  # noqa: DJ001 - NULL is not unique
        _("SHA-256 of the imported UID"), max_length=64, null=True, blank=True, editable=False
    )
    # Incremented by each edit; iCalendar's SEQUENCE.
    revision = models.PositiveIntegerField(_("revision"), default=0)
    subscriber_count = models.PositiveIntegerField(_("subscribers"), default=0)
    # Headline, location and description, as `searchable` in events/search.py prepares them.
    search_text = models.TextField(editable=False, default="")
    created_at = models.DateTimeField(_("created"))
    updated_at = models.DateTimeField(_("updated"))

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("event"), _("events")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")),
                name="event_ends_after_start",
            ),
            models.CheckConstraint(condition=Q(over_at__gte=F("starts_at")), name="event_over_after_start"),
            models.CheckConstraint(
                condition=Q(state__in=["public", "private", "draft"]),
                name="event_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="draft") | Q(subscriber_count=0),
                name="event_draft_without_subscribers",
            ),
            models.UniqueConstraint(fields=["author", "uid_digest"], name="event_unique_import_per_author"),
        ]
        indexes = [
            # Lists of past events, the strip and months: events in the order of their start. The state is not in front,
            # because MariaDB would then read all public events in order to find those within a range of starts.
            models.Index(fields=["starts_at", "id"], name="event_by_start"),
            # Lists of upcoming events; the sweep: events of which it is to be recorded that they have ended.
            models.Index(fields=["has_ended", "starts_at", "id"], name="event_upcoming"),
            # The sweep: events whose record does not agree with their end.
            models.Index(fields=["has_ended", "over_at"], name="event_recorded"),
            # Months: events that have started before; the sweep: events whose class is not recorded.
            models.Index(fields=["length_class", "starts_at", "over_at"], name="event_spanning"),
            # A person's past events.
            models.Index(fields=["author", "starts_at", "id"], name="event_of_author"),
            # A person's upcoming events, and the quota of them.
            models.Index(fields=["author", "has_ended", "starts_at", "id"], name="event_of_author_upcoming"),
            # The sweep: events whose reminders must be adjusted to a new start.
            models.Index(fields=["rearm_cursor"], name="event_rearm"),
            # The sweep: deleted events that are to be purged.
            models.Index(fields=["deleted_at"], name="event_deleted"),
            # The sweep: events whose times older rules of their time zones have determined.
            models.Index(fields=["zone_rules", "over_at"], name="event_zone_rules"),
        ]

    def __str__(self) -> str:
        return self.headline

    def get_absolute_url(self) -> str:
        return reverse("events:detail", args=[self.pk])

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.time_zone)

    @property
    def local_starts_at(self) -> datetime:
        """The start in the event's own time zone."""
        return self.starts_at.astimezone(self.zone)

    @property
    def local_ends_at(self) -> datetime | None:
        """The end in the event's own time zone; for an all-day event, the midnight after its last day."""
        return self.ends_at.astimezone(self.zone) if self.ends_at else None

    @property
    def first_day(self) -> date:
        return self.local_starts_at.date()

    @property
    def last_day(self) -> date:
        """The last day on which the event takes place, inclusive."""
        return last_day(self.starts_at, self.ends_at, self.zone)

    @property
    def last_shown_day(self) -> date:
        """The last day on which calendars show the event: a night belongs to the day before it."""
        end = None if self.all_day else self.local_ends_at
        return self.first_day if end and ends_in_its_night(self.local_starts_at, end) else self.last_day

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled_at is not None

    @property
    def takes_place(self) -> bool:
        """Whether the event is neither cancelled nor deleted."""
        return self.cancelled_at is None and self.deleted_at is None

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    def has_begun(self, at: datetime) -> bool:
        """Return whether the event has started: `starts_at <= at`."""
        return self.starts_at <= at

    def is_over(self, at: datetime) -> bool:
        """Return whether the event has ended: `over_at <= at`."""
        return self.over_at <= at


class ImportedEntry(models.Model):
    """What the last import has read about an event: the memory by which the next one sees what its file has changed.

    Events that were imported by earlier versions have none until they are imported again.
    """

    event = models.OneToOneField(
        Event, on_delete=models.CASCADE, primary_key=True, related_name="imported_entry", verbose_name=_("event")
    )
    # `CalendarEntry.uid`; `Event.uid_digest` is its digest.
    uid = models.TextField()
    # iCalendar's SEQUENCE, from 0 to MAX_SEQUENCE in events/calendars/contents.py.
    sequence = models.PositiveIntegerField()
    # `{unit: digest}`, as `digests_of` in events/services/imports/memory.py returns it.
    digests = models.JSONField()
    # The name under which the entry's calendar is recognised. Compared in Python, because collations differ.
    calendar = models.CharField(max_length=MAX_CALENDAR_NAME_LENGTH)
    # When these values were imported; later imports of the same values leave it.
    imported_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("imported entry"), _("imported entries")

    def __str__(self) -> str:
        return f"entry of event {self.event_id} in “{self.calendar}”"


class Subscription(models.Model):
    """A user's wish to be notified about one event."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="subscriptions", verbose_name=_("user")
    )
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="subscriptions", verbose_name=_("event"))
    created_at = models.DateTimeField(_("subscribed"))
    # Whether the user has unsubscribed from the event before. They may then have superseded notifications of reminders
    # that are sent again.
    is_return = models.BooleanField(default=False, db_default=False, editable=False)

    # Only on the subscription that `subscribe` has returned.
    new_reminders: "list[Reminder]"

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("subscription"), _("subscriptions")
        constraints = [models.UniqueConstraint(fields=["user", "event"], name="subscription_once")]
        # The sweep processes an event's subscriptions in the order of their ids.
        indexes = [models.Index(fields=["event", "id"], name="subscription_fan_out")]

    def __str__(self) -> str:
        return f"user {self.user_id} is subscribed to event {self.event_id}"

    @property
    def leads(self) -> list[int]:
        """The chosen leads in minutes, the longest first. Reminders that have been prefetched need no query."""
        return sorted((reminder.lead for reminder in self.reminders.all()), reverse=True)


class EndedSubscription(models.Model):
    """A user who has unsubscribed from an event, even if they have subscribed again since.

    The sweep supersedes those of their reminders that no longer hold.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+", verbose_name=_("event"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )
    # When their reminders were superseded; NULL until then.
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    objects = EndedSubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("ended subscription"), _("ended subscriptions")
        constraints = [models.UniqueConstraint(fields=["event", "user"], name="ended_subscription_once")]
        # The sweep: which are not settled, and for which events.
        indexes = [models.Index(fields=["settled_at", "event"], name="ended_subscription_unsettled")]

    def __str__(self) -> str:
        return f"user {self.user_id} was subscribed to event {self.event_id}"


class Removal(models.Model):
    """A user whom the event's organiser has removed and keeps out. Only the organiser can see this.

    The user may subscribe again with the event's current invite, unless that is the barred one. Subscribing deletes the
    row, so nobody is both subscribed and removed.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="removals", verbose_name=_("event"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )
    removed_at = models.DateTimeField(_("removed"))
    # The invite token that no longer admits the user; empty if the invite was renewed before the removal.
    barred_invite = models.CharField(max_length=32, blank=True, editable=False)

    objects = RemovalQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("removed subscriber"), _("removed subscribers")
        # `EventQuerySet.visible_to` uses the index of this constraint too.
        constraints = [models.UniqueConstraint(fields=["event", "user"], name="removal_once")]

    def __str__(self) -> str:
        return f"user {self.user_id} removed from event {self.event_id}"


class Reminder(models.Model):
    """One lead of one subscription, and when it falls due."""

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="reminders", verbose_name=_("subscription")
    )
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+", verbose_name=_("event"))
    lead = models.PositiveIntegerField(
        _("minutes before the start"),
        help_text=_("Minutes before the start."),
        validators=[
            MinValueValidator(MIN_LEAD_MINUTES),
            MaxValueValidator(MAX_LEAD_MINUTES),
        ],
    )
    # NULL once the reminder has been sent or is void, so that the sweep's range scan reads only pending reminders.
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    # The start for which due_at was computed. If the event now has another start, the reminder must be re-armed, which
    # means that due_at is computed again, instead of being sent.
    armed_for = models.DateTimeField(_("for the start"))

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("reminder"), _("reminders")
        constraints = [
            models.UniqueConstraint(fields=["subscription", "lead"], name="reminder_once_per_lead"),
        ]
        # The sweep: which reminders are due, and for which events.
        indexes = [models.Index(fields=["due_at", "event"], name="reminder_due")]

    def __str__(self) -> str:
        return f"{self.lead} min before event {self.event_id}"


class Announcement(models.Model):
    """A change, cancellation or message that an event's subscribers must be notified of."""

    class Kind(models.TextChoices):
        RESCHEDULED = "rescheduled", _("Time changed")
        RELOCATED = "relocated", _("Location changed")
        CANCELLED = "cancelled", _("Cancelled")
        MESSAGE = "message", _("Message")

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="announcements", verbose_name=_("event"))
    kind = models.CharField(_("type"), max_length=11, choices=Kind)
    # {starts_at, ends_at, all_day, time_zone, location} as in the API (ISO 8601, UTC). Messages have neither, and
    # cancellations only `before`.
    before = models.JSONField(_("before"), default=dict, blank=True)
    after = models.JSONField(_("after"), default=dict, blank=True)
    text = models.TextField(_("message"), max_length=MAX_MESSAGE_LENGTH, blank=True)
    created_at = models.DateTimeField(_("created"))
    # When the sweep may begin to notify the recipients; NULL once all of them have been notified.
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    # The recipients are the subscriptions after the first of these ids (`>`) and up to the second (`<=`) that still
    # exist. All who subscribe while a change waits become its recipients: the second is set again when it is delivered.
    after_subscription_id = models.PositiveBigIntegerField(_("goes to subscriptions after"), default=0, db_default=0)
    last_subscription_id = models.PositiveBigIntegerField(_("goes to subscriptions up to"))
    # Subscriptions up to this id have been notified.
    cursor = models.PositiveBigIntegerField(_("sent to subscriptions up to"), default=0)
    # Of the request that caused it, for the logs; of the last one if later edits were merged into it.
    request_id = models.CharField(_("request ID"), max_length=MAX_ID_LENGTH, blank=True, default="", db_default="")

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("change or message"), _("changes and messages")
        # The sweep: which announcements are due, in the order of their ids within an event.
        indexes = [models.Index(fields=["due_at", "event"], name="announcement_due")]

    def __str__(self) -> str:
        return f"{self.kind}: event {self.event_id}"

    @property
    def is_waiting(self) -> bool:
        """Whether it is still to be delivered and nobody has been notified yet."""
        return self.due_at is not None and self.cursor == self.after_subscription_id

    def is_due(self, at: datetime) -> bool:
        """Return whether there are recipients to notify now: `due_at <= at`."""
        return self.due_at is not None and self.due_at <= at

    @property
    def is_change(self) -> bool:
        return self.kind in CHANGES

    @property
    def is_change_for_all(self) -> bool:
        return self.is_change and not self.is_correction

    @property
    def is_correction(self) -> bool:
        """Whether it only tells those who subscribed while a change waited that the change was undone."""
        return self.after_subscription_id > 0

    def is_to_reach(self, subscription_id: int) -> bool:
        """Whether the subscriber of this id is still to be notified of it, if the subscription still exists then."""
        if self.due_at is None or subscription_id <= self.cursor:
            return False
        return self.is_waiting or subscription_id <= self.last_subscription_id


class CalendarFeed(models.Model):
    """A user's calendar feed: its URL shows the user's events to calendar programs, without a login."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feed")
    # 128 random bits in hexadecimal, which no collation treats as equal to another.
    token = models.CharField(max_length=32, unique=True, editable=False)
    # The user's when the token was made. Suspending the account and undoing a change of its email address raise it.
    lock_count = models.PositiveIntegerField(editable=False)
    created_at = models.DateTimeField()

    objects = CalendarFeedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"calendar feed of user {self.user_id}"


class CalendarImport(models.Model):
    """A calendar file that somebody has uploaded: first its plan, then how far its import is, then the report."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("Not imported yet")
        RUNNING = "running", _("Partly imported")
        FINISHED = "finished", _("Imported")
        STOPPED = "stopped", _("Stopped")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=MAX_FILE_NAME_LENGTH)
    # The name under which the calendar is recognised when it is imported again; perhaps empty.
    calendar_name = models.CharField(max_length=MAX_CALENDAR_NAME_LENGTH, blank=True)
    # The visibility of new events.
    state = models.CharField(max_length=7, choices=Event.State)
    status = models.CharField(max_length=8, choices=Status, default=Status.PLANNED)
    # What the file contains, and what has been done about it. `events/services/imports/uploads.py` reads and writes
    # both. The first is NULL once nothing more will be imported.
    calendar = models.BinaryField(null=True, editable=False)
    report = models.BinaryField(default=b"", editable=False)
    # The steps are the items of the file, and then the events to cancel.
    item_count = models.PositiveIntegerField()
    cancel_count = models.PositiveIntegerField(default=0)
    # How many steps have been done.
    position = models.PositiveIntegerField(default=0)
    # The ids of events to cancel because they vanished from the file.
    to_cancel = models.JSONField(default=list)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    # When the row is removed. The index serves the sweep.
    expires_at = models.DateTimeField(db_index=True)

    objects = CalendarImportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(position__lte=F("item_count") + F("cancel_count")), name="calendar_import_within_its_steps"
            )
        ]

    def __str__(self) -> str:
        return f"import of {self.file_name} by user {self.user_id}"

    def get_absolute_url(self) -> str:
        return reverse("events:calendar_import", args=[self.pk])

    @property
    def is_planned(self) -> bool:
        return self.status == self.Status.PLANNED

    @property
    def is_running(self) -> bool:
        return self.status == self.Status.RUNNING

    @property
    def is_stopped(self) -> bool:
        return self.status == self.Status.STOPPED

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be imported."""
        return not (self.is_planned or self.is_running)

    @property
    def step_count(self) -> int:
        return self.item_count + self.cancel_count


class EventReport(models.Model):
    """What a reader has reported to the site's staff about an event. The organiser is not shown it."""

    class Reason(models.TextChoices):
        SPAM = "spam", _("Spam or advertising")
        OFFENSIVE = "offensive", _("Offensive or hateful")
        MISLEADING = "misleading", _("Misleading or fraudulent")
        ILLEGAL = "illegal", _("Illegal")
        OTHER = "other", _("Something else")

    class Outcome(models.TextChoices):
        DISMISSED = "dismissed", _("Dismissed")
        ACTED = "acted", _("Action taken")

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="reports", verbose_name=_("event"))
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("reported by")
    )
    reason = models.CharField(_("reason"), max_length=10, choices=Reason)
    text = models.TextField(_("details"), max_length=MAX_MESSAGE_LENGTH, blank=True)
    created_at = models.DateTimeField(_("reported"))
    # True until staff resolve it, then NULL, of which a unique key may have any number.
    is_open = models.BooleanField(_("open"), null=True, default=True, editable=False)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome, blank=True)

    objects = EventReportQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("report"), _("reports")
        constraints = [
            models.UniqueConstraint(fields=["event", "reporter", "is_open"], name="event_report_once"),
            models.CheckConstraint(
                condition=Q(is_open__isnull=False, resolved_at__isnull=True)
                | Q(is_open__isnull=True, resolved_at__isnull=False),
                name="event_report_open_or_resolved",
            ),
        ]
        # Staff: reports to resolve, the oldest first.
        indexes = [models.Index(fields=["is_open", "id"], name="event_report_open")]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.event}"


class PendingCancellation(models.Model):
    """What is to become of the events of a suspended organiser: the fact that the sweep acts on, until none is left."""

    organiser = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    # Whether all of their events are deleted, instead of cancelling the upcoming ones.
    is_deletion = models.BooleanField()
    # For the subscribers and the pages of cancelled events.
    reason = models.TextField(max_length=MAX_MESSAGE_LENGTH, blank=True)
    requested_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"events of user {self.organiser_id} are to be {'deleted' if self.is_deletion else 'cancelled'}"
