"""Which users, API sessions and tickets."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models


class UserManager(DjangoUserManager):
    """Django's manager, plus the filters that have a name here."""

    def active(self) -> models.QuerySet[Any]:
        """People who may log in and be told."""
        return self.filter(is_active=True)

    def awaiting_deletion(self) -> models.QuerySet[Any]:
        """Accounts whose owner asked for their deletion, the oldest request first."""
        return self.filter(deletion_requested_at__isnull=False).order_by("deletion_requested_at", "id")


class ApiSessionQuerySet(models.QuerySet[Any]):
    def live(self) -> "ApiSessionQuerySet":
        """Sessions neither logged out nor revoked, of active users."""
        return self.filter(revoked_at__isnull=True, user__is_active=True)


class FeedTicketQuerySet(models.QuerySet[Any]):
    def expired(self, at: datetime) -> "FeedTicketQuerySet":
        """Tickets past their time: `expires_at <= at`."""
        return self.filter(expires_at__lte=at)
