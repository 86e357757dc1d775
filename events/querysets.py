"""Which events, subscriptions, reminders and announcements."""

import re
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q, Value

# Only text of this form is looked up, because MariaDB's default collation would match `Ａ` with `a`.
_INVITE_TOKEN = re.compile(r"[0-9a-f]{32}")
# What `matching` is asked for at most: SQLite refuses patterns of 50,000 characters.
MAX_SEARCH_LENGTH = 200


class _GroupConcat(models.Aggregate):
    """The group's values in one text, separated by commas; SQLite and MariaDB spell it alike."""

    function = "GROUP_CONCAT"
    output_field = models.CharField()


def reminders_shown() -> models.Prefetch:
    """Return what to prefetch for subscriptions that are shown: their reminders, the longest lead first."""
    return models.Prefetch("reminders", apps.get_model("events", "Reminder").objects.order_by("-lead"))


class EventQuerySet(models.QuerySet[Any]):
    def live(self) -> "EventQuerySet":
        """Events that have not been deleted."""
        return self.filter(deleted_at__isnull=True)

    def listed(self) -> "EventQuerySet":
        """What everybody's lists show: public, neither deleted nor cancelled."""
        return self.live().filter(state="public", cancelled_at__isnull=True)

    def upcoming(self, at: datetime) -> "EventQuerySet":
        """Not yet over: `over_at > at`, the first to start first."""
        return self.filter(over_at__gt=at).order_by("starts_at", "id")

    def past(self, at: datetime) -> "EventQuerySet":
        """Over: `over_at <= at`, the last to start first."""
        return self.filter(over_at__lte=at).order_by("-starts_at", "-id")

    def between(self, start: datetime, end: datetime) -> "EventQuerySet":
        """What begins before `end` (`<`) and is over at `start` or later (`>=`), the first to start first."""
        return self.filter(starts_at__lt=end, over_at__gte=start).order_by("starts_at", "id")

    def owned_by(self, user: Any) -> "EventQuerySet":
        """The user's own events in every state, without the deleted ones."""
        return self.live().filter(author_id=user.pk)

    def to_be_cancelled(self, at: datetime) -> "EventQuerySet":
        """What others would miss if it were deleted: not over (`over_at > at`), no draft, not cancelled already."""
        return self.filter(over_at__gt=at, cancelled_at__isnull=True).exclude(state="draft")

    def subscribed_by(self, user: Any) -> "EventQuerySet":
        """The events the user follows, cancelled ones too, without the deleted ones."""
        return self.live().filter(subscriptions__user_id=user.pk)

    def visible_to(self, user: Any, invite: str = "") -> "EventQuerySet":
        """Events that the user may see. Public ones are visible to all, drafts to their author, and private ones to
        author, subscribers and anybody with the invite token, unless they are barred. Only this method decides it.
        """
        rule = Q(state="public")
        if _INVITE_TOKEN.fullmatch(invite):
            invited = Q(state="private", invite_token=invite)
            rule |= invited & ~Q(self._barred_for(user)) if user.is_authenticated else invited
        if user.is_authenticated:
            rule |= Q(author_id=user.pk) | Q(self._subscribed_by(user), state="private")
        return self.live().filter(rule)

    def matching(self, text: str) -> "EventQuerySet":
        """Whose headline, location or description contain the text, in any case of letters."""
        return self.filter(search_text__contains=text.casefold())

    def with_is_subscribed(self, user: Any) -> "EventQuerySet":
        """Annotate `is_subscribed` for the user."""
        is_subscribed = self._subscribed_by(user) if user.is_authenticated else Value(False, models.BooleanField())
        return self.annotate(is_subscribed=is_subscribed)

    def with_leads_of(self, user: Any) -> "EventQuerySet":
        """Annotate `leads_text`: the leads that the user chose as "1440,60"; NULL without any, or unsubscribed."""
        if not user.is_authenticated:
            return self.annotate(leads_text=Value(None, models.CharField()))
        reminders = apps.get_model("events", "Reminder").objects
        chosen = reminders.filter(event=OuterRef("pk"), subscription__user_id=user.pk)
        leads = chosen.order_by().values("subscription").values(text=_GroupConcat("lead"))
        return self.annotate(leads_text=models.Subquery(leads, models.CharField()))

    def for_list(self, user: Any) -> "EventQuerySet":
        """All that a row of a list shows, in one query."""
        return self.select_related("author").with_is_subscribed(user).defer("description", "search_text")

    def for_page(self, user: Any) -> "EventQuerySet":
        """All that the event's own page or API object shows, in one query."""
        return self.select_related("author").with_is_subscribed(user).defer("search_text")

    def claim(self) -> "EventQuerySet":
        """Lock the rows for the sweep, leaving out those that another transaction holds.

        By ids only: MariaDB locks what a join reads, and has no OF. On SQLite the transaction itself is the lock.
        """
        return self.select_for_update(skip_locked=True).order_by("pk").defer("description", "search_text")

    def awaiting_rearm(self) -> "EventQuerySet":
        """Events whose reminders must still follow a new start, a cancellation or a deletion."""
        return self.filter(rearm_cursor__isnull=False)

    def awaiting_purge(self) -> "EventQuerySet":
        """Deleted events of which everybody who must know has been told."""
        announcements = apps.get_model("events", "Announcement").objects
        pending = announcements.filter(event=OuterRef("pk"), due_at__isnull=False)
        return self.filter(deleted_at__isnull=False, rearm_cursor__isnull=True).exclude(Exists(pending))

    def _barred_for(self, user: Any) -> Exists:
        """Whether the user was removed and the event's current invite is barred for them."""
        removals = apps.get_model("events", "Removal").objects
        return Exists(removals.filter(event=OuterRef("pk"), user_id=user.pk, barred_invite=OuterRef("invite_token")))

    def _subscribed_by(self, user: Any) -> Exists:
        subscriptions = apps.get_model("events", "Subscription").objects
        return Exists(subscriptions.filter(event=OuterRef("pk"), user_id=user.pk))


class SubscriptionQuerySet(models.QuerySet[Any]):
    def owned_by(self, user: Any) -> "SubscriptionQuerySet":
        """The user's own subscriptions to events that have not been deleted."""
        return self.filter(user_id=user.pk, event__deleted_at__isnull=True)

    def to_upcoming(self, at: datetime) -> "SubscriptionQuerySet":
        """Those to events not yet over: `over_at > at`."""
        return self.filter(event__over_at__gt=at)

    def of_event(self, event: Any) -> "SubscriptionQuerySet":
        """The event's, each with its user and `leads_text`, the leads as "60,1440" in any order; NULL for none."""
        reminders = apps.get_model("events", "Reminder").objects.filter(subscription=OuterRef("pk"))
        leads = reminders.order_by().values("subscription").values(text=_GroupConcat("lead"))
        rows = self.filter(event_id=event.pk).select_related("user")
        return rows.annotate(leads_text=models.Subquery(leads, models.CharField()))

    def by_old_invites(self, event: Any) -> "SubscriptionQuerySet":
        """The event's subscriptions from before its invite was last renewed; none if it never was."""
        return self.filter(event_id=event.pk, id__lte=event.last_old_invite_id or 0)


class RemovalQuerySet(models.QuerySet[Any]):
    def of_event(self, event: Any) -> "RemovalQuerySet":
        """The event's removals with their users, the latest first, since a repeated removal creates a new row."""
        return self.filter(event_id=event.pk).select_related("user").order_by("-pk")


class ReminderQuerySet(models.QuerySet[Any]):
    def due(self, at: datetime) -> "ReminderQuerySet":
        """Whose time has come: `due_at <= at`."""
        return self.filter(due_at__lte=at)

    def of_live_events(self) -> "ReminderQuerySet":
        """Of events neither cancelled nor deleted."""
        return self.filter(event__cancelled_at__isnull=True, event__deleted_at__isnull=True)


class AnnouncementQuerySet(models.QuerySet[Any]):
    def due(self, at: datetime) -> "AnnouncementQuerySet":
        """Whose fan-out may go on: `due_at <= at`, the oldest first."""
        return self.filter(due_at__lte=at).order_by("id")

    def messages_after(self, moment: datetime) -> "AnnouncementQuerySet":
        """The organiser's messages made since: `created_at > moment`, the newest first."""
        return self.filter(kind="message", created_at__gt=moment).order_by("-created_at")

    def changes(self) -> "AnnouncementQuerySet":
        """Changes of time or place, the oldest first."""
        return self.filter(kind__in=["rescheduled", "relocated"]).order_by("id")
