"""Filters of users, sessions, tickets, keys and emails."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.sessions.models import Session
from django.db import models
from rest_framework_simplejwt.settings import api_settings


class UserManager(DjangoUserManager):
    """Django's manager, with filters of users."""

    def get_by_natural_key(self, username: str | None) -> Any:
        """Return the user with exactly this email address, ignoring case.

        The result is compared again here, because a table that was converted to another collation would also match
        misspelt addresses.

        Raises:
            DoesNotExist
        """
        user: Any = super().get_by_natural_key(username)
        if user.email != str(username).lower():
            raise self.model.DoesNotExist
        return user

    def active(self) -> models.QuerySet[Any]:
        """Return the people who may log in and are notified."""
        return self.filter(is_active=True)

    def awaiting_deletion(self) -> models.QuerySet[Any]:
        """Return the accounts whose deletion was requested, the oldest request first."""
        return self.filter(deletion_requested_at__isnull=False).order_by("deletion_requested_at", "id")


class ApiSessionQuerySet(models.QuerySet[Any]):
    def live(self) -> "ApiSessionQuerySet":
        """Return the sessions of active users that were neither logged out nor revoked."""
        return self.filter(revoked_at__isnull=True, user__is_active=True)

    def revoke(self, at: datetime) -> int:
        """Revoke those of the sessions that are not revoked yet, and return how many."""
        return self.filter(revoked_at__isnull=True).update(revoked_at=at)

    def refreshable(self, at: datetime) -> "ApiSessionQuerySet":
        """Return the sessions whose last refresh token has not expired: `seen_at > at - its lifetime`.

        The last seen come first.
        """
        return self.filter(seen_at__gt=at - api_settings.REFRESH_TOKEN_LIFETIME).order_by("-seen_at", "-id")


class BrowserSessionQuerySet(models.QuerySet[Any]):
    def live(self, at: datetime) -> "BrowserSessionQuerySet":
        """Return the sessions that Django still stores and that have not expired: `expire_date > at`.

        The last seen come first.
        """
        kept = Session.objects.filter(session_key=models.OuterRef("session_key"), expire_date__gt=at)
        return self.filter(models.Exists(kept)).order_by("-seen_at", "-id")


class FeedTicketQuerySet(models.QuerySet[Any]):
    def expired(self, at: datetime) -> "FeedTicketQuerySet":
        """Return the tickets that have expired: `expires_at <= at`."""
        return self.filter(expires_at__lte=at)


class IdempotencyKeyQuerySet(models.QuerySet[Any]):
    def taken_until(self, moment: datetime) -> "IdempotencyKeyQuerySet":
        """Return the keys that were taken at this moment or earlier: `created_at <= moment`."""
        return self.filter(created_at__lte=moment)


class OutgoingMailQuerySet(models.QuerySet[Any]):
    """Filters of all kinds of email that the mailer sends."""

    def due(self, at: datetime) -> "OutgoingMailQuerySet":
        """Return the emails that should be sent now, the longest due first: `due_at <= at`."""
        return self.filter(due_at__lte=at).order_by("due_at", "id")

    def owed(self) -> "OutgoingMailQuerySet":
        """Return the emails that are still to be sent."""
        return self.filter(due_at__isnull=False)

    def claim(self) -> "OutgoingMailQuerySet":
        """Lock the rows for one mailer, and skip those that another one has locked."""
        return self.select_for_update(skip_locked=True)

    def settled_before(self, moment: datetime) -> "OutgoingMailQuerySet":
        """Return the emails older than this that need no further attempt: `created_at < moment`."""
        return self.filter(due_at__isnull=True, created_at__lt=moment)


class AccountMailQuerySet(OutgoingMailQuerySet):
    def sent_to(self, address: str, *, kind: str, since: datetime) -> "AccountMailQuerySet":
        """Return one address's emails of one kind since this moment, the oldest first: `created_at > since`."""
        return self.filter(address=address, kind=kind, created_at__gt=since).order_by("created_at")

    def undoable(self, at: datetime) -> "AccountMailQuerySet":
        """Return the emails whose link can still undo a change: unused, and `created_at > at - EMAIL_UNDO_DAYS`."""
        since = at - timedelta(days=settings.EMAIL_UNDO_DAYS)
        return self.filter(kind=self.model.Kind.CHANGE_ASKED, used_at__isnull=True, created_at__gt=since)
