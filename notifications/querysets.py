"""Which inbox rows."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import CharField, Count, Exists, Max, Min, OuterRef, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

# Ids become visible in commit order, not in number order: whoever resumes looks back this far.
OVERLAP = timedelta(seconds=60)


class NotificationQuerySet(models.QuerySet[Any]):
    def owned_by(self, user: Any) -> "NotificationQuerySet":
        """The user's inbox."""
        return self.filter(recipient_id=user.pk)

    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at__isnull=True)

    def unmailed(self) -> "NotificationQuerySet":
        """Rows that no mail tells or has told."""
        return self.filter(mail__isnull=True, emailed_at__isnull=True)

    def of_mail(self, mail: Any) -> "NotificationQuerySet":
        """What a mail tells, oldest first. Only for rows of its recipient: the mail has no index."""
        return self.filter(mail_id=mail.pk).order_by("id")

    def tests(self) -> "NotificationQuerySet":
        """Notices that people sent themselves."""
        return self.filter(source__startswith=self.model.TEST_SOURCE)

    def due_for_mail(self, at: datetime, *, window: timedelta) -> "NotificationQuerySet":
        """Rows told `window` ago or earlier (`<=`), or about a start, old or new, nearer than that (`<`)."""
        near = Q(starts_at__gte=at - window, starts_at__lt=at + window)
        old_start = [(at + shift).isoformat() for shift in (-window, window)]
        left = Q(kind="rescheduled", old_start__gte=old_start[0], old_start__lt=old_start[1])
        return self.annotate(old_start=Cast(KT("detail__before__starts_at"), CharField())).filter(
            Q(created_at__lte=at - window) | near | left
        )

    def to_nobody_removed(self) -> "NotificationQuerySet":
        """Leave out rows about an event from which its author has removed their recipient."""
        removals = apps.get_model("events", "Removal").objects
        return self.exclude(Exists(removals.filter(event=OuterRef("event_id"), user=OuterRef("recipient_id"))))

    def to_mailable_people(self) -> "NotificationQuerySet":
        """Rows of active people whose address is verified."""
        return self.filter(recipient__is_active=True, recipient__email_verified_at__isnull=False)

    def of_event(self, event: Any) -> "NotificationQuerySet":
        """What everybody was told about an event that has not been purged; on the index of its foreign key."""
        return self.filter(event_id=event.pk)

    def counted_by_source(self) -> models.QuerySet[Any, dict[str, Any]]:
        """One dict a source, `source kind lead start began_at told read emailed`, the last begun first. One query."""
        return (
            self.order_by()
            .values("source", "kind", "lead")
            .annotate(
                start=Max("starts_at"),
                began_at=Min("created_at"),
                told=Count("pk"),
                read=Count("read_at"),
                emailed=Count("emailed_at"),
            )
            .order_by("-began_at", "-source")
        )

    def newest_first(self) -> "NotificationQuerySet":
        return self.order_by("-id")

    def last_told_first(self) -> "NotificationQuerySet":
        """In the order in which people were told, which is not always that of the ids."""
        return self.order_by("-created_at", "-id")

    def told_before(self, created_at: datetime, last_id: int) -> "NotificationQuerySet":
        """What comes after this place in the order of `last_told_first`."""
        return self.filter(Q(created_at__lt=created_at) | Q(created_at=created_at, id__lt=last_id))

    def with_settled_id(self, user: Any, at: datetime) -> "NotificationQuerySet":
        """Annotate `settled_id`: the user's last row told more than 60 s before (`<`), NULL without one.

        No row that becomes visible from now on has a lower id.
        """
        settled = self.model.objects.owned_by(user).filter(created_at__lt=at - OVERLAP).newest_first()
        return self.annotate(settled_id=models.Subquery(settled.values("pk")[:1]))

    def resumed_from(self, last_id: int, at: datetime) -> "NotificationQuerySet":
        """What may have come since the reader saw `last_id`: `id > last_id` and all of the last 60 s, oldest first."""
        return self.filter(Q(id__gt=last_id) | Q(created_at__gte=at - OVERLAP)).order_by("id")

    def recent_for(self, recipient_ids: Iterable[int], at: datetime) -> "NotificationQuerySet":
        """Unread rows of the last 60 s of these people, oldest first."""
        return self.unread().filter(recipient_id__in=recipient_ids, created_at__gte=at - OVERLAP).order_by("id")

    def read_lately(self, recipient_ids: Iterable[int], at: datetime) -> "NotificationQuerySet":
        """What these people have read in the last 60 s; a range of the index on (recipient, read_at)."""
        return self.filter(recipient_id__in=recipient_ids, read_at__gte=at - OVERLAP)
