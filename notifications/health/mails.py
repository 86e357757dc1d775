"""The health of emails: whether they are sent, and how many are owed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q

from accounts.models import AccountMail
from notifications.health.processes import Kind, ProcessHealth, State
from notifications.models import NoticeMail

# An email that was written this long ago and not sent is late. A server that makes new senders wait for five minutes
# (greylisting) takes it at the fourth attempt, seven minutes after the first.
LATE_AFTER = timedelta(minutes=10)
# What has failed within this time is recent.
RECENT = timedelta(hours=24)
# At most this many emails of each kind are counted.
MAX_COUNTED = 10_000
KINDS: dict[str, type[AccountMail] | type[NoticeMail]] = {"account": AccountMail, "notification": NoticeMail}


@dataclass(frozen=True)
class Owed:
    """The emails of one kind that are still to be sent. Only the first MAX_COUNTED of them are counted."""

    count: int
    # Those of which at least one attempt has failed.
    retried_count: int
    # The age of the oldest that no server has refused for good; 0 if there is none.
    lag_seconds: float


@dataclass(frozen=True)
class MailHealth:
    """The health of emails at one moment of the database's clock."""

    mailer: ProcessHealth
    # By kind: `account` and `notification`.
    owed: dict[str, Owed]

    @property
    def count(self) -> int:
        return sum(each.count for each in self.owed.values())

    @property
    def is_count_capped(self) -> bool:
        return any(each.count == MAX_COUNTED for each in self.owed.values())

    @property
    def lag_seconds(self) -> float:
        return max(each.lag_seconds for each in self.owed.values())

    @property
    def state(self) -> State:
        """The mailer's state, or `late` if it works and an email is late (`>`)."""
        is_late = any(each.lag_seconds > LATE_AFTER.total_seconds() for each in self.owed.values())
        return State.LATE if is_late and self.mailer.state == State.WORKING else self.mailer.state


def mail_health(at: datetime, processes: Iterable[ProcessHealth]) -> MailHealth:
    """Return the health of emails; the mailer is among the processes. Two queries, each on the index of `due_at`."""
    [mailer] = [each for each in processes if each.kind == Kind.MAILER]
    return MailHealth(mailer, {name: _owed(model, at=at) for name, model in KINDS.items()})


def _owed(model: type[AccountMail] | type[NoticeMail], *, at: datetime) -> Owed:
    found = (
        model.objects.owed()
        .order_by("due_at")[:MAX_COUNTED]
        .aggregate(
            count=Count("pk"),
            retried=Count("pk", filter=~Q(last_error="")),
            # An address that does not exist is tried for hours, which says nothing about the mail server.
            since=Min("created_at", filter=Q(refusals=0)),
        )
    )
    since = found["since"]
    return Owed(found["count"], found["retried"], max(0.0, (at - since).total_seconds()) if since else 0.0)


@dataclass(frozen=True)
class MailFailures:
    """What has failed among the newest emails of one kind, of which MAX_COUNTED at most are read."""

    # Given up, at all and in the last day.
    given_up_count: int
    recent_count: int
    # The error of the newest email of the last day that has failed at least once; empty if there is none.
    last_error: str


def mail_failures(at: datetime) -> dict[str, MailFailures]:
    """Return what has failed, by kind: `account` and `notification`. Two queries for each, on the primary key."""
    return {name: _failures(model, at=at) for name, model in KINDS.items()}


def _failures(model: type[AccountMail] | type[NoticeMail], *, at: datetime) -> MailFailures:
    since = at - RECENT
    newest = model.objects.order_by("-pk")[:MAX_COUNTED]
    found = newest.aggregate(
        given_up=Count("pk", filter=Q(given_up_at__isnull=False)),
        recent=Count("pk", filter=Q(given_up_at__gte=since)),
        failed=Max("pk", filter=~Q(last_error="") & Q(created_at__gte=since)),
    )
    if found["failed"] is None:
        return MailFailures(found["given_up"], found["recent"], "")
    failed = model.objects.only("last_error").filter(pk=found["failed"]).first()
    return MailFailures(found["given_up"], found["recent"], failed.last_error if failed else "")
