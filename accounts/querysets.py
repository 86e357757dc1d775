"""Which users, sessions, tickets, keys and mails."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.sessions.models import Session
from django.db import models
from rest_framework_simplejwt.settings import api_settings


class UserManager(DjangoUserManager):
    """Django's manager, plus the filters that have a name here."""

    def get_by_natural_key(self, username: str | None) -> Any:
        """Return the user with exactly this email address, in any case of letters.

        The result is compared again here, because a table converted to another collation would match misspelt ones.

        Raises:
            DoesNotExist
        """
        user: Any = super().get_by_natural_key(username)
        if user.email != str(username).lower():
            raise self.model.DoesNotExist
        return user

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

    def refreshable(self, at: datetime) -> "ApiSessionQuerySet":
        """Sessions whose last refresh token has not expired, the last seen first: `seen_at > at - its lifetime`."""
        return self.filter(seen_at__gt=at - api_settings.REFRESH_TOKEN_LIFETIME).order_by("-seen_at", "-id")


class BrowserSessionQuerySet(models.QuerySet[Any]):
    def live(self, at: datetime) -> "BrowserSessionQuerySet":
        """Sessions that Django still keeps and that have not expired (`expire_date > at`), the last seen first."""
        kept = Session.objects.filter(session_key=models.OuterRef("session_key"), expire_date__gt=at)
        return self.filter(models.Exists(kept)).order_by("-seen_at", "-id")


class FeedTicketQuerySet(models.QuerySet[Any]):
    def expired(self, at: datetime) -> "FeedTicketQuerySet":
        """Tickets past their time: `expires_at <= at`."""
        return self.filter(expires_at__lte=at)


class IdempotencyKeyQuerySet(models.QuerySet[Any]):
    def taken_until(self, moment: datetime) -> "IdempotencyKeyQuerySet":
        """Keys as old as this or older: `created_at <= moment`."""
        return self.filter(created_at__lte=moment)


class OutgoingMailQuerySet(models.QuerySet[Any]):
    """What all rows have in common that the mailer sends."""

    def due(self, at: datetime) -> "OutgoingMailQuerySet":
        """Mails to be tried now, the longest due first: `due_at <= at`."""
        return self.filter(due_at__lte=at).order_by("due_at", "id")

    def claim(self) -> "OutgoingMailQuerySet":
        """Lock the rows for one mailer, leaving out those that another one holds."""
        return self.select_for_update(skip_locked=True)

    def settled_before(self, moment: datetime) -> "OutgoingMailQuerySet":
        """Mails older than this of which there is nothing more to try: `created_at < moment`."""
        return self.filter(due_at__isnull=True, created_at__lt=moment)


class AccountMailQuerySet(OutgoingMailQuerySet):
    def sent_to(self, address: str, *, kind: str, since: datetime) -> "AccountMailQuerySet":
        """Mails of one kind that one address was owed after this moment, the oldest first: `created_at > since`."""
        return self.filter(address=address, kind=kind, created_at__gt=since).order_by("created_at")

    def undoable(self, at: datetime) -> "AccountMailQuerySet":
        """Mails whose link can still undo a change: it is unused, and `created_at > at - EMAIL_UNDO_DAYS`."""
        since = at - timedelta(days=settings.EMAIL_UNDO_DAYS)
        return self.filter(kind=self.model.Kind.CHANGE_ASKED, used_at__isnull=True, created_at__gt=since)
