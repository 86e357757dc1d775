"""Lists of an event's subscribers and removed users for its organiser, in keyset pages with the latest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from config.database import read_id
from config.keyset import beyond, cut
from events.local_time import today_in
from events.models import Event, Removal, Subscription
from events.presentation.times import day_text, lead_text
from events.querysets import SubscriptionQuerySet
from events.services import MAX_REMOVED_AT_ONCE
from events.starts import Start

PAGE_SIZE = 50
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class SubscriberRow:
    """A subscriber: since which day in the reader's time zone, and when reminded, "1 day before and 1 hour before"."""

    subscription_id: int
    user_id: int
    username: str
    # False if the account is being deleted: then the user has no page.
    is_active: bool
    since: date
    since_text: str
    leads_text: str


@dataclass(frozen=True)
class SubscriberPage:
    subscribers: list[SubscriberRow]
    is_first: bool
    # The id from which the link to earlier subscriptions continues; None on the last page.
    older: int | None


@dataclass(frozen=True)
class RemovedRow:
    """A user who was removed, and the day of it in the reader's time zone."""

    user_id: int
    username: str
    is_active: bool
    day_text: str


@dataclass(frozen=True)
class RemovedPage:
    people: list[RemovedRow]
    # The id from which the link to earlier removals continues; None on the last page.
    older: int | None


def position_in(params: Mapping[str, str], name: str = "before") -> int | None:
    """Read the id of a row, which marks a position even if the row is gone.

    Raises:
        ValueError
    """
    return read_id(params[name]) if params.get(name) else None


def subscriber_page(event: Event, *, before: int | None, zone: ZoneInfo, at: datetime) -> SubscriberPage:
    """Return one page of the event's subscribers. Issues one query."""
    rows = Subscription.objects.of_event(event).for_list()
    return _page(rows, event, before=before, size=PAGE_SIZE, zone=zone, at=at)


def removable_page(
    event: Event, *, since: datetime, before: int | None, zone: ZoneInfo, at: datetime
) -> tuple[SubscriberPage, int]:
    """Return a page of those who subscribed at `since` or later and before the invite was last renewed, and how many
    there are from this page on. A page has as many rows as are removed at once. Issues two queries.
    """
    rows = Subscription.objects.by_old_invites(event).filter(created_at__gte=since)
    page = _page(rows.for_list(), event, before=before, size=MAX_REMOVED_AT_ONCE, zone=zone, at=at)
    return page, _from(rows, before).count()


def removed_page(event: Event, *, before: int | None, zone: ZoneInfo, at: datetime) -> RemovedPage:
    """Return one page of the users who were removed from the event. Issues one query."""
    shown, older = _cut(Removal.objects.of_event(event), before=before, size=PAGE_SIZE)
    today = today_in(zone, at)
    return RemovedPage(
        people=[
            RemovedRow(
                user_id=row.user_id,
                username=row.user.username,
                is_active=row.user.is_active,
                day_text=day_text(row.removed_at.astimezone(zone).date(), today=today),
            )
            for row in shown
        ],
        older=older,
    )


def _page(
    rows: SubscriptionQuerySet, event: Event, *, before: int | None, size: int, zone: ZoneInfo, at: datetime
) -> SubscriberPage:
    shown, older = _cut(rows, before=before, size=size)
    today = today_in(zone, at)
    return SubscriberPage(
        subscribers=[_subscriber_row(row, event, zone=zone, today=today) for row in shown],
        is_first=before is None,
        older=older,
    )


def _cut(rows: QuerySet[Row], *, before: int | None, size: int) -> tuple[list[Row], int | None]:
    """Return one page of rows, the latest first, and the id from which the next page continues."""
    shown, has_more = cut(_from(rows, before), size)
    return shown, shown[-1].pk if has_more else None


def _from(rows: QuerySet[Row], before: int | None) -> QuerySet[Row]:
    latest_first = rows.order_by("-pk")
    return beyond(latest_first, [before]) if before else latest_first


def _subscriber_row(subscription: Subscription, event: Event, *, zone: ZoneInfo, today: date) -> SubscriberRow:
    since = subscription.created_at.astimezone(zone).date()
    leads: list[int] = subscription.chosen_leads  # type: ignore[attr-defined]  # an annotation
    return SubscriberRow(
        subscription_id=subscription.pk,
        user_id=subscription.user_id,
        username=subscription.user.username,
        is_active=subscription.user.is_active,
        since=since,
        since_text=day_text(since, today=today),
        leads_text=_leads_text(leads, event) or _("Changes only"),
    )


def _leads_text(leads: list[int], event: Event) -> str:
    """Return the leads in words, the longest first: "1 week before, 1 day before and 1 hour before"; empty for none."""
    distinct = sorted(Start.of(event).distinct(leads), reverse=True)
    names = [lead_text(lead, all_day=event.all_day) for lead in distinct]
    if len(names) < 2:
        return "".join(names)
    return pgettext("list", "{} and {}").format(", ".join(names[:-1]), names[-1])
