"""Filters, annotations and orders of notifications."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Case, CharField, Count, Exists, Max, Min, OuterRef, Q, Subquery, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import IsNull

# Rows become visible in the order in which transactions commit, which is not always the order of their ids. A reader
# who resumes after an id must therefore also read all rows of this period again.
OVERLAP = timedelta(seconds=60)

# What is read of a notification in order to show it.
SHOWN = (
    "id",
    "kind",
    "event_id",
    "headline",
    "starts_at",
    "all_day",
    "time_zone",
    "location",
    "detail",
    "lead",
    "source",
    "created_at",
    "read_at",
    "superseded_at",
    "has_later_reminder",
)


@cache
def _still_holds() -> Q:
    """Return the condition that the facts still agree with a row. It is built once, because most pages need it.

    The subqueries are compared with NULL, because MariaDB would turn EXISTS into a list of all events and another of
    all subscriptions.
    """
    events = apps.get_model("events", "Event").objects.filter(pk=OuterRef("event_id"))
    event_taking_place = events.filter(cancelled_at__isnull=True, deleted_at__isnull=True).values("pk")
    subscriptions = apps.get_model("events", "Subscription").objects
    subscription = subscriptions.filter(event=OuterRef("event_id"), user=OuterRef("recipient_id")).values("pk")
    takes_place = IsNull(Subquery(event_taking_place), False)
    is_subscribed = IsNull(Subquery(subscription), False)
    is_about_start = Q(kind__in=["reminder", "rescheduled", "relocated"])
    return (~Q(kind="reminder") | Q(is_subscribed)) & (~is_about_start | Q(takes_place))


def _arrived_since(last_id: int, at: datetime) -> Q:
    return Q(id__gt=last_id) | Q(created_at__gte=at - OVERLAP)


class NotificationQuerySet(models.QuerySet[Any]):
    def owned_by(self, user: Any) -> "NotificationQuerySet":
        """Return the user's inbox."""
        return self.filter(recipient_id=user.pk)

    def current(self) -> "NotificationQuerySet":
        """Return rows that nothing has superseded, whether the sweep has recorded that yet or not.

        A reminder or a change is superseded once its event is cancelled or deleted, and a reminder also once its
        recipient is no longer subscribed. What later notifications supersede, the sweep records when it writes them.
        """
        return self.filter(superseded_at__isnull=True).filter(_still_holds())

    def with_currency(self) -> "NotificationQuerySet":
        """Annotate `is_current`: whether `current` would return the row."""
        is_current = Q(superseded_at__isnull=True) & _still_holds()
        return self.annotate(is_current=Case(When(is_current, then=True), default=False))

    def unread(self) -> "NotificationQuerySet":
        """Return rows that are current and that their recipients have not read."""
        return self.filter(read_at__isnull=True).current()

    def read(self) -> "NotificationQuerySet":
        return self.filter(read_at__isnull=False)

    def read_exactly_at(self, moment: datetime) -> "NotificationQuerySet":
        """Return rows that were marked read together, by the action that took place at this moment."""
        return self.filter(read_at=moment)

    def unmailed(self) -> "NotificationQuerySet":
        """Return rows that are not in an email, sent or pending."""
        return self.filter(mail__isnull=True, emailed_at__isnull=True)

    def of_mail(self, mail: Any) -> "NotificationQuerySet":
        """Return the rows that an email contains, oldest first.

        Use this only on rows of the email's recipient, because the column has no index.
        """
        return self.filter(mail_id=mail.pk).order_by("id")

    def tests(self) -> "NotificationQuerySet":
        """Return the test notifications that people sent themselves."""
        return self.filter(source__startswith=self.model.TEST_SOURCE)

    def due_for_mail(self, at: datetime, *, window: timedelta) -> "NotificationQuerySet":
        """Return rows that should be emailed if they are unread.

        These are rows written `window` ago or earlier (`<=`), and rows about a start, old or new, that is less than
        `window` ahead (`<`) or passed at most `window` ago (`>=`).
        """
        near = Q(starts_at__gte=at - window, starts_at__lt=at + window)
        old_start = [(at + shift).isoformat() for shift in (-window, window)]
        left = Q(kind="rescheduled", old_start__gte=old_start[0], old_start__lt=old_start[1])
        return self.annotate(old_start=Cast(KT("detail__before__starts_at"), CharField())).filter(
            Q(created_at__lte=at - window) | near | left
        )

    def to_nobody_removed(self) -> "NotificationQuerySet":
        """Leave out rows about an event from which its organiser has removed the recipient."""
        removals = apps.get_model("events", "Removal").objects
        return self.exclude(Exists(removals.filter(event=OuterRef("event_id"), user=OuterRef("recipient_id"))))

    def to_mailable_people(self) -> "NotificationQuerySet":
        """Return rows of active people whose email address is verified."""
        return self.filter(recipient__is_active=True, recipient__email_verified_at__isnull=False)

    def of_event(self, event: Any) -> "NotificationQuerySet":
        """Return everybody's rows about an event that has not been purged. The foreign key's index serves this."""
        return self.filter(event_id=event.pk)

    def unread_of_event(self) -> "NotificationQuerySet":
        """Return what `unread` returns, by a condition that no index answers.

        Use it where the event is given. MariaDB would otherwise use the index of all that the recipient has not read.
        """
        return self.filter(IsNull(Coalesce("superseded_at", "read_at"), True)).filter(_still_holds())

    def newest_of_events(self, among: "NotificationQuerySet") -> "NotificationQuerySet":
        """Return rows that are the newest of `among`, by their ids, for their event and recipient.

        Rows without an event stay. MariaDB reads one entry of the index on (event, recipient) for each row.
        """
        newest = among.filter(event=OuterRef("event_id"), recipient=OuterRef("recipient_id")).order_by("-pk")
        return self.filter(Q(event__isnull=True) | Q(pk=Subquery(newest.values("pk")[:1])))

    def counted_by_source(self) -> models.QuerySet[Any, dict[str, Any]]:
        """Return one dictionary for each source, the one whose delivery began last first. One query.

        Its keys are `source kind lead start began_at sent read emailed`; the last three are numbers of rows.
        """
        return (
            self.order_by()
            .values("source", "kind", "lead")
            .annotate(
                start=Max("starts_at"),
                began_at=Min("created_at"),
                sent=Count("pk"),
                read=Count("read_at"),
                emailed=Count("emailed_at"),
            )
            .order_by("-began_at", "-source")
        )

    def newest_first(self) -> "NotificationQuerySet":
        """Order rows by their ids, the highest first.

        Use it on somebody's unread rows, of which an index has this order. On all of somebody's rows, MariaDB may read
        everybody's, in the order of the primary key.
        """
        return self.order_by("-id")

    def latest_first(self) -> "NotificationQuerySet":
        """Order rows by when they were written, the latest first. That is not always the order of their ids."""
        return self.order_by("-created_at", "-id")

    def with_settled_id(self, user: Any, at: datetime) -> "NotificationQuerySet":
        """Annotate `settled_id`: the id of the latest of the user's rows that were written more than 60 s ago (`<`).

        It is NULL if there are none. Every row that becomes visible from now on has a higher id. One lookup finds the
        latest row, but the highest id might take reading other people's rows.
        """
        settled = self.model.objects.owned_by(user).filter(created_at__lt=at - OVERLAP).latest_first()
        return self.annotate(settled_id=Subquery(settled.values("pk")[:1]))

    def resumed_from(self, last_id: int, at: datetime) -> "NotificationQuerySet":
        """Return what may have arrived since the reader saw `last_id`, oldest first.

        These are the rows with `id > last_id` and all rows of the last 60 s.
        """
        return self.filter(_arrived_since(last_id, at)).order_by("id")

    def changed_since(self, last_id: int, at: datetime) -> "NotificationQuerySet":
        """Return what `resumed_from` returns, and the rows that were superseded in the last 60 s, oldest first."""
        return self.filter(_arrived_since(last_id, at) | Q(superseded_at__gte=at - OVERLAP)).order_by("id")

    def owned_by_any(self, user_ids: Iterable[int]) -> "NotificationQuerySet":
        """Return the rows of these people."""
        return self.filter(recipient_id__in=user_ids)

    def arrived_since(self, since: datetime) -> "NotificationQuerySet":
        """Return rows written at `since` or later (`>=`) that are neither read nor recorded as superseded."""
        return self.filter(created_at__gte=since, read_at__isnull=True, superseded_at__isnull=True)

    def read_since(self, since: datetime) -> "NotificationQuerySet":
        """Return rows that were read at `since` or later (`>=`) and that nothing has superseded."""
        return self.filter(superseded_at__isnull=True, read_at__gte=since)

    def superseded_since(self, since: datetime) -> "NotificationQuerySet":
        """Return rows of which the sweep has recorded at `since` or later (`>=`) that they are superseded."""
        return self.filter(superseded_at__gte=since)
