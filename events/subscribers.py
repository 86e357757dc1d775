"""Who follows an event, for its author: keyset pages on the id of the subscription, the last to subscribe first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.leads import lead_name
from events.clocks import day_text
from events.models import Event, Subscription

PAGE_SIZE = 50
MAX_ID = 2**63 - 1


@dataclass(frozen=True)
class Follower:
    """One row: since which day of the reader's, and when they are reminded, "1 day, 1 hour before"."""

    username: str
    # Whose account is not being deleted: there is a page of theirs.
    is_active: bool
    since: date
    since_text: str
    leads_text: str


@dataclass(frozen=True)
class Page:
    followers: list[Follower]
    is_first: bool
    # Where the link to those who subscribed before continues from; None on the last page.
    older: int | None


def position_in(params: Mapping[str, str]) -> int | None:
    """Read `before`: the id of a subscription, whose place counts also once it is gone.

    Raises:
        ValueError
    """
    if not params.get("before"):
        return None
    position = int(params["before"])
    if not 0 < position <= MAX_ID:
        raise ValueError("no id of a subscription")
    return position


def page_of(event: Event, *, before: int | None, zone: ZoneInfo, at: datetime) -> Page:
    """Return one page of those who follow the event. One query."""
    rows = Subscription.objects.of_event(event)
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: PAGE_SIZE + 1])
    shown, today = found[:PAGE_SIZE], at.astimezone(zone).date()
    return Page(
        followers=[_follower(row, zone=zone, today=today) for row in shown],
        is_first=before is None,
        older=shown[-1].pk if len(found) > PAGE_SIZE else None,
    )


def _follower(subscription: Subscription, *, zone: ZoneInfo, today: date) -> Follower:
    since = subscription.created_at.astimezone(zone).date()
    leads = [int(lead) for lead in (subscription.leads_text or "").split(",") if lead]  # type: ignore[attr-defined]
    names = ", ".join(lead_name(lead) for lead in sorted(leads, reverse=True))
    return Follower(
        username=subscription.user.username,
        is_active=subscription.user.is_active,
        since=since,
        since_text=day_text(since, today=today),
        leads_text=_("%(lead)s before") % {"lead": names} if names else _("Changes only"),
    )
