"""Filters, annotations and orders of events, subscriptions, removals, reminders, announcements and imports."""

import re
from bisect import bisect_left
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, F, Func, OuterRef, Q, Sum, Value, When
from django.db.models.lookups import LessThanOrEqual

from events.search import searched_words

# The kinds of announcements of changed times or locations.
CHANGES = ("rescheduled", "relocated")
# The form of the tokens of invites and of calendar feeds. Only text of this form is looked up, because MariaDB's
# default collation would match `Ａ` with `a`.
TOKEN_FORM = re.compile(r"[0-9a-f]{32}")

# The longest events of each class of `length_class`, by its number. Longer events have the next number.
LENGTHS = tuple(timedelta(hours=4**number) for number in range(8))

LONG_TEXTS = ("description", "search_text")
# Descriptions of at most this length are short.
SHORT_DESCRIPTION = 2_000
# The columns of events that only edits and the sweep need.
LOCAL_TIMES = ("starts_local", "ends_local", "zone_rules", "local_times_of")


def length_class(length: timedelta) -> int:
    """Return the number of the class of an event's length."""
    return bisect_left(LENGTHS, length)


def length_class_in_sql() -> models.Case:
    """Return the expression of an event's `length_class`, as it follows from the event's times.

    It subtracts from the end, because what it would add to a start in the year 9998 exceeds what databases can compute.
    """
    classes = [When(starts_at__gte=F("over_at") - longest, then=number) for number, longest in enumerate(LENGTHS)]
    return models.Case(*classes, default=len(LENGTHS))


class _NumbersField(models.CharField):
    """Numbers in one text, separated by commas; NULL for none."""

    def from_db_value(self, value: str | None, _expression: Any, _connection: Any) -> list[int]:
        return [int(number) for number in value.split(",")] if value else []


class _GroupConcat(models.Aggregate):
    """The group's values as a list in any order. SQLite and MariaDB use the same name for this function.

    Reading the rows themselves would need one or two queries more, and twice the time for a page of 50 subscribers.
    """

    function = "GROUP_CONCAT"
    output_field = _NumbersField()


def _leads(reminders: models.QuerySet[Any]) -> models.Subquery:
    """Return the leads of those of these reminders that belong to one subscription."""
    return models.Subquery(reminders.order_by().values("subscription").values(leads=_GroupConcat("lead")))


def count_for_user(rows: models.QuerySet[Any], name: str) -> models.Subquery:
    """Return the expression, for a query of users, how many of these rows refer to the user by the field of this name.

    It is NULL for none.
    """
    counts = rows.order_by().filter(**{name: OuterRef("pk")}).values(name).annotate(count=Count("pk"))
    return models.Subquery(counts.values("count"))


def reminders_shown() -> models.Prefetch:
    """Return the prefetch for subscriptions that are to be shown: their reminders, the longest lead first."""
    return models.Prefetch("reminders", apps.get_model("events", "Reminder").objects.order_by("-lead"))


def show_new_reminders(subscription: Any) -> None:
    """Let a new subscription show the reminders that were written with it, as if `reminders_shown` had read them."""
    rows = subscription.reminders.all()
    # Django has no public way to fill these caches.
    rows._result_cache = sorted(subscription.new_reminders, key=lambda each: -each.lead)
    subscription._prefetched_objects_cache = {"reminders": rows}


def _is_to_be_cancelled(at: datetime) -> Q:
    return Q(over_at__gt=at, cancelled_at__isnull=True) & ~Q(state="draft")


class EventQuerySet(models.QuerySet[Any]):
    def live(self) -> "EventQuerySet":
        """Return events that have not been deleted."""
        return self.filter(deleted_at__isnull=True)

    def listed(self) -> "EventQuerySet":
        """Return the events that appear in lists for everybody: public and neither deleted nor cancelled."""
        return self.live().filter(state="public", cancelled_at__isnull=True)

    def public(self) -> "EventQuerySet":
        """Return public events, including cancelled ones, except deleted ones."""
        return self.live().filter(state="public")

    def upcoming(self, at: datetime) -> "EventQuerySet":
        """Return events that have not ended (`over_at > at`), the earliest start first."""
        return self.without_record_of_end().filter(over_at__gt=at)

    def without_record_of_end(self) -> "EventQuerySet":
        """Return events of which the sweep has not recorded that they have ended, the earliest start first.

        The others are not read at all. The earliest start is found by one lookup. It bounds what MariaDB reads if it
        prefers the index of all starts. The condition is written with IN, because Django writes `= False` as NOT, for
        which SQLite uses no index.
        """
        not_ended = self.model.objects.order_by().filter(has_ended__in=[False])
        # A plain function: an aggregate would be grouped, and MariaDB would then read all of them.
        earliest = not_ended.annotate(earliest=Func("starts_at", function="MIN")).values("earliest")
        found = self.filter(has_ended__in=[False], starts_at__gte=models.Subquery(earliest))
        return found.order_by("starts_at", "id")

    def with_record_of_end(self) -> "EventQuerySet":
        """Return events of which the sweep has recorded that they have ended, the latest start first."""
        return self.filter(has_ended__in=[True]).order_by("-starts_at", "-id")

    def past(self, at: datetime) -> "EventQuerySet":
        """Return events that have ended (`over_at <= at`), the latest start first.

        That they have also started goes without saying, but lets the database skip the upcoming ones.
        """
        return self.filter(over_at__lte=at, starts_at__lte=at).order_by("-starts_at", "-id")

    def starting_between(self, start: datetime, end: datetime) -> "EventQuerySet":
        """Return events that start at `start` or later (`>=`) and before `end` (`<`), the earliest start first."""
        return self.filter(starts_at__gte=start, starts_at__lt=end).order_by("starts_at", "id")

    def spanning(self, moment: datetime) -> "EventQuerySet":
        """Return events that start before a moment (`<`) and end at it or later (`>=`), the earliest start first.

        They have started at most their length ago. So the database reads, for each class of lengths, the events that
        have started since then, and not all that ever have.
        """
        started = Q(length_class=None) | Q(length_class=len(LENGTHS))
        for number, longest in enumerate(LENGTHS):
            started |= Q(length_class=number, starts_at__gte=moment - longest)
        return self.filter(started, starts_at__lt=moment, over_at__gte=moment).order_by("starts_at", "id")

    def ended_unrecorded(self, moment: datetime) -> "EventQuerySet":
        """Return events that had ended at a moment (`over_at <= moment`) without a record of that."""
        return self.filter(has_ended__in=[False], over_at__lte=moment)

    def recorded_too_early(self, at: datetime) -> "EventQuerySet":
        """Return events with a record that they have ended, although they have not (`over_at > at`)."""
        return self.filter(has_ended__in=[True], over_at__gt=at)

    def without_length_class(self) -> "EventQuerySet":
        """Return events that a previous version has posted."""
        return self.filter(length_class=None)

    def owned_by(self, user: Any) -> "EventQuerySet":
        """Return the events that the user organises, in every state, except deleted ones."""
        return self.live().filter(author_id=user.pk)

    def to_be_cancelled(self, at: datetime) -> "EventQuerySet":
        """Return events whose deletion cancels them: not ended (`over_at > at`), not drafts, not cancelled already."""
        return self.filter(_is_to_be_cancelled(at))

    def count_by_author(self, at: datetime) -> "models.QuerySet[Any, tuple[int, int, int, int, int]]":
        """Count the events of each author.

        Return the author’s id, and how many events there are, how many are not cancelled, how many would be cancelled
        by a suspension, and how many subscriptions those have.
        """
        cancelled = _is_to_be_cancelled(at)
        counts = (
            self.order_by()
            .values("author")
            .annotate(
                count=Count("pk"),
                kept=Count("pk", filter=Q(cancelled_at__isnull=True)),
                to_cancel=Count("pk", filter=cancelled),
                subscription_count=Sum("subscriber_count", filter=cancelled, default=0),
            )
        )
        return counts.values_list("author", "count", "kept", "to_cancel", "subscription_count")

    def subscribed_by(self, user: Any) -> "EventQuerySet":
        """Return the events that the user is subscribed to, including cancelled ones, except deleted ones."""
        return self.live().filter(subscriptions__user_id=user.pk)

    def visible_to(self, user: Any, invite: str = "") -> "EventQuerySet":
        """Return the events that the user may see. No other code decides this.

        Everybody may see public events, and only the organiser may see a draft. A private event is visible to its
        organiser, to its subscribers, and to anybody with the invite token who is not barred from using it.
        """
        rule = Q(state="public")
        if TOKEN_FORM.fullmatch(invite):
            invited = Q(state="private", invite_token=invite)
            rule |= invited & ~Q(self._barred_for(user)) if user.is_authenticated else invited
        if user.is_authenticated:
            rule |= Q(author_id=user.pk) | Q(self._subscribed_by(user), state="private")
        return self.live().filter(rule)

    def matching(self, text: str) -> "EventQuerySet":
        """Return events whose headline, location and description contain every word of the text, in any order.

        Words match within longer words. Case, accents and the like make no difference: `events/search.py`.
        """
        condition = Q()
        for typed, words in searched_words(text):
            is_found = Q(*(Q(search_text__contains=word) for word in words))
            # The previous version stores words as they are typed, except for their case.
            condition &= is_found if words == [typed] else is_found | Q(search_text__contains=typed)
        return self.filter(condition)

    def with_is_subscribed(self, user: Any) -> "EventQuerySet":
        """Annotate `is_subscribed`: whether the user is subscribed to the event."""
        is_subscribed = self._subscribed_by(user) if user.is_authenticated else Value(False, models.BooleanField())
        return self.annotate(is_subscribed=is_subscribed)

    def with_organiser(self) -> "EventQuerySet":
        """Annotate what lists show of the organiser: `organiser`, the username, and `is_organiser_active`.

        These are subqueries, because if there are few users, MariaDB would begin a join with them, and read and sort
        all of their events in order to show the first few.
        """
        author = apps.get_model("accounts", "User").objects.filter(pk=OuterRef("author"))
        return self.annotate(
            organiser=models.Subquery(author.values("username")),
            is_organiser_active=models.Subquery(author.values("is_active")),
        )

    def with_short_description(self) -> "EventQuerySet":
        """Annotate `description_length` and `short_description`, which is NULL if the description is not short.

        The length is in bytes on MariaDB, which would take much longer to count letters, and in letters on SQLite.
        """
        length = Func("description", function="LENGTH", output_field=models.IntegerField())
        is_short = LessThanOrEqual(length, SHORT_DESCRIPTION)
        return self.annotate(
            description_length=length,
            short_description=models.Case(When(is_short, then=F("description"))),
        )

    def with_leads_of(self, user: Any) -> "EventQuerySet":
        """Annotate `chosen_leads`: the leads that the user chose, in any order.

        It is empty if they chose none or are not subscribed.
        """
        if not user.is_authenticated:
            return self.annotate(chosen_leads=Value(None, _NumbersField()))
        reminders = apps.get_model("events", "Reminder").objects
        chosen = reminders.filter(event=OuterRef("pk"), subscription__user_id=user.pk)
        return self.annotate(chosen_leads=_leads(chosen))

    def for_list(self, user: Any) -> "EventQuerySet":
        """Load everything that a row of a list shows, in two queries.

        Organisers are read by themselves, for the same reason as in `with_organiser`.
        """
        return self.for_month(user).prefetch_related("author")

    def for_month(self, user: Any) -> "EventQuerySet":
        """Load everything that a month shows of an event, in one query."""
        return self.with_is_subscribed(user).without_texts()

    def without_texts(self) -> "EventQuerySet":
        """Load neither the long texts nor what only edits and the sweep need."""
        return self.defer(*LONG_TEXTS, *LOCAL_TIMES)

    def for_page(self, user: Any) -> "EventQuerySet":
        """Load everything that the event's own page or API object shows, in one query."""
        return self.select_related("author").with_is_subscribed(user).defer("search_text", *LOCAL_TIMES)

    def claim(self) -> "EventQuerySet":
        """Lock the rows for the sweep, and skip those that another transaction has locked.

        Do not combine this with a join: MariaDB locks every row that a join reads, because it has no `FOR UPDATE OF`.
        On SQLite the transaction itself is the lock.
        """
        return self.select_for_update(skip_locked=True).order_by("pk").defer("description", "search_text")

    def awaiting_rearm(self) -> "EventQuerySet":
        """Return events whose reminders must still be moved silently, or made void by a cancellation or deletion."""
        return self.filter(rearm_cursor__isnull=False)

    def without_local_times(self) -> "EventQuerySet":
        """Return events that a previous version has posted, so that their local times are yet to be stored."""
        return self.filter(zone_rules="")

    def awaiting_zone_rules(self, version: str, *, at: datetime) -> "EventQuerySet":
        """Return events that have not ended (`over_at > at`) and whose times were determined by older rules (`<`).

        While a change waits or is being delivered, the event is left out: its announcement contains times, too. The
        versions are read first, in a query of their own, so that this one reads no past events.
        """
        determined_before = self.model.objects.filter(zone_rules__lt=version).order_by()
        older = list(determined_before.values_list("zone_rules", flat=True).distinct())
        changes = apps.get_model("events", "Announcement").objects.changes().filter(due_at__isnull=False)
        events = self.live().filter(zone_rules__in=older, over_at__gt=at)
        return events.exclude(Exists(changes.order_by().filter(event=OuterRef("pk"))))

    def awaiting_purge(self) -> "EventQuerySet":
        """Return deleted events whose reminders are void and about which everybody has been notified.

        The one that was deleted first comes first. In the order of their ids, MariaDB would read all events as soon as
        some dozens of deleted ones are not ready yet.
        """
        pending = apps.get_model("events", "Announcement").objects.pending()
        unsettled = apps.get_model("events", "EndedSubscription").objects.unsettled()
        of_event = {"event": OuterRef("pk")}
        is_unfinished = Exists(pending.filter(**of_event)) | Exists(unsettled.filter(**of_event))
        ready = self.filter(deleted_at__isnull=False, rearm_cursor__isnull=True).exclude(is_unfinished)
        return ready.order_by("deleted_at", "pk")

    def _barred_for(self, user: Any) -> Exists:
        """Return the condition that the user was removed and is barred from using the event's current invite."""
        removals = apps.get_model("events", "Removal").objects
        return Exists(removals.filter(event=OuterRef("pk"), user_id=user.pk, barred_invite=OuterRef("invite_token")))

    def _subscribed_by(self, user: Any) -> Exists:
        subscriptions = apps.get_model("events", "Subscription").objects
        return Exists(subscriptions.filter(event=OuterRef("pk"), user_id=user.pk))


class SubscriptionQuerySet(models.QuerySet[Any]):
    def owned_by(self, user: Any) -> "SubscriptionQuerySet":
        """Return the user's subscriptions to events that have not been deleted."""
        return self.to_live().filter(user_id=user.pk)

    def to_live(self) -> "SubscriptionQuerySet":
        """Return subscriptions to events that have not been deleted."""
        return self.filter(event__deleted_at__isnull=True)

    def to_upcoming(self, at: datetime) -> "SubscriptionQuerySet":
        """Return subscriptions to events that have not ended: `over_at > at`."""
        return self.filter(event__over_at__gt=at)

    def of_event(self, event: Any) -> "SubscriptionQuerySet":
        """Return the event's subscriptions."""
        return self.filter(event_id=event.pk)

    def by_old_invites(self, event: Any) -> "SubscriptionQuerySet":
        """Return the event's subscriptions from before its invite was last renewed; none if it never was."""
        return self.of_event(event).filter(id__lte=event.last_old_invite_id or 0)

    def for_list(self) -> "SubscriptionQuerySet":
        """Load everything that a row of a list shows, in one query: the user, and `chosen_leads`, in any order."""
        reminders = apps.get_model("events", "Reminder").objects.filter(subscription=OuterRef("pk"))
        return self.select_related("user").annotate(chosen_leads=_leads(reminders))


class EndedSubscriptionQuerySet(models.QuerySet[Any]):
    def unsettled(self) -> "EndedSubscriptionQuerySet":
        """Return those whose notifications are still to be superseded."""
        return self.filter(settled_at__isnull=True)


class RemovalQuerySet(models.QuerySet[Any]):
    def of_event(self, event: Any) -> "RemovalQuerySet":
        """Return the event's removals with their users, the latest first.

        The ids give this order, because a repeated removal creates a new row.
        """
        return self.filter(event_id=event.pk).select_related("user").order_by("-pk")


class ReminderQuerySet(models.QuerySet[Any]):
    def due(self, at: datetime) -> "ReminderQuerySet":
        """Return reminders that are due: `due_at <= at`."""
        return self.filter(due_at__lte=at)


class AnnouncementQuerySet(models.QuerySet[Any]):
    def due(self, at: datetime) -> "AnnouncementQuerySet":
        """Return announcements with recipients to notify now (`due_at <= at`), the oldest first."""
        return self.filter(due_at__lte=at).order_by("id")

    def due_or_changes(self, at: datetime) -> "AnnouncementQuerySet":
        """Return announcements that are due, and all changes of time or location, the oldest first."""
        return self.filter(Q(due_at__lte=at) | Q(kind__in=CHANGES)).order_by("id")

    def messages_after(self, moment: datetime) -> "AnnouncementQuerySet":
        """Return the organiser's messages from after the moment (`created_at > moment`), the newest first."""
        return self.filter(kind="message", created_at__gt=moment).order_by("-created_at")

    def cancellations(self) -> "AnnouncementQuerySet":
        return self.filter(kind="cancelled")

    def pending(self) -> "AnnouncementQuerySet":
        """Return announcements of which not all recipients have been notified."""
        return self.filter(due_at__isnull=False)

    def changes(self) -> "AnnouncementQuerySet":
        """Return changes of time or location, the oldest first."""
        return self.filter(kind__in=CHANGES).order_by("id")

    def changes_for_all(self) -> "AnnouncementQuerySet":
        """Return changes except corrections, which go only to those who subscribed while a change waited."""
        return self.changes().filter(after_subscription_id=0)


class CalendarFeedQuerySet(models.QuerySet[Any]):
    def usable(self) -> "CalendarFeedQuerySet":
        """Return the calendar feeds of active users who have not been suspended since their URL was made."""
        return self.filter(user__is_active=True, lock_count=F("user__lock_count"))

    def with_token(self, token: str) -> "CalendarFeedQuerySet":
        """Return the calendar feed that has this token; none if the text has not the form of one."""
        return self.filter(token=token) if TOKEN_FORM.fullmatch(token) else self.none()


class CalendarImportQuerySet(models.QuerySet[Any]):
    def owned_by(self, user: Any) -> "CalendarImportQuerySet":
        return self.filter(user_id=user.pk)

    def kept(self, at: datetime) -> "CalendarImportQuerySet":
        """Return imports that are not to be removed yet: `expires_at > at`."""
        return self.filter(expires_at__gt=at)

    def expired(self, at: datetime) -> "CalendarImportQuerySet":
        """Return imports that are to be removed: `expires_at <= at`."""
        return self.filter(expires_at__lte=at)

    def unfinished(self) -> "CalendarImportQuerySet":
        """Return imports of which something could still be imported, the newest first."""
        return self.filter(status__in=("planned", "running")).order_by("-pk")

    def for_list(self) -> "CalendarImportQuerySet":
        """Return imports, the newest first, without what they contain."""
        return self.defer("calendar", "report", "to_cancel").order_by("-pk")


class EventReportQuerySet(models.QuerySet[Any]):
    def unresolved(self) -> "EventReportQuerySet":
        """Return reports that staff have not resolved yet, the oldest first.

        The condition is written with IN, because Django writes `= True` as the bare column, for which SQLite uses no
        index.
        """
        return self.filter(is_open__in=[True]).order_by("id")

    def owned_by(self, user: Any) -> "EventReportQuerySet":
        """Return the reports that a person has made."""
        return self.filter(reporter_id=user.pk)

    def with_open_count(self) -> "EventReportQuerySet":
        """Annotate `open_count`: how many reports about the same event are unresolved."""
        same = self.model.objects.unresolved().filter(event=OuterRef("event")).order_by()
        counts = same.values("event").annotate(count=Count("pk")).values("count")
        return self.annotate(open_count=models.Subquery(counts))
