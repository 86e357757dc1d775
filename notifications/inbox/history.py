"""What an inbox page folds into the newest notification of an event: the earlier ones that its filters leave."""

from collections import defaultdict
from collections.abc import Sequence

from accounts.models import User
from config.statements import Query, rows_of_all
from events.models import Event
from notifications.models import Notification
from notifications.querysets import SHOWN, NotificationQuerySet

# How many earlier notifications of an event are folded. A page with all of them shows the others.
HISTORY_SIZE = 10
# What pages show of a notification.
FIELDS = (*SHOWN, "emailed_at")
# The subjects by which people can filter the inbox, each with its kinds of notification.
SUBJECTS: dict[str, tuple[str, ...]] = {
    "reminders": (Notification.Kind.REMINDER,),
    "changes": (Notification.Kind.RESCHEDULED, Notification.Kind.RELOCATED),
    "cancellations": (Notification.Kind.CANCELLED,),
    "messages": (Notification.Kind.MESSAGE,),
}


def filtered(
    rows: NotificationQuerySet, *, is_unread: bool, about: str, is_of_event: bool = False
) -> NotificationQuerySet:
    """Return the rows that these filters of the inbox leave. `is_of_event` says that these are rows of one event."""
    if is_unread:
        rows = rows.unread_of_event() if is_of_event else rows.unread()
    return rows.filter(kind__in=SUBJECTS[about]) if about else rows


def earlier_rows(
    newest: Sequence[Notification], user: User, *, is_unread: bool, about: str
) -> dict[int, list[Notification]]:
    """Return the earlier rows of the events of these rows, by the id of the newest, the latest first.

    At most HISTORY_SIZE and one more of each event. Two queries, or fewer if there are none.
    """
    folding = {row.event_id: row.pk for row in newest if row.event_id}
    parts = [
        _EARLIER.part(owner=user.pk, event=event, newest=pk, is_unread=is_unread, about=about)
        for event, pk in folding.items()
    ]
    limit = HISTORY_SIZE + 1
    ids = [row.id for row in rows_of_all(parts, limit_each=limit, limit=limit * max(1, len(parts)))]
    earlier: dict[int, list[Notification]] = defaultdict(list)
    if ids:
        for row in Notification.objects.filter(pk__among=ids).with_currency().only(*FIELDS).newest_first():
            earlier[folding[row.event_id]].append(row)
    return earlier


def _earlier(*, owner: int, event: int, newest: int, is_unread: bool, about: str) -> NotificationQuerySet:
    rows = Notification.objects.of_event(Event(pk=event)).owned_by(User(pk=owner)).filter(pk__lt=newest)
    return filtered(rows, is_unread=is_unread, about=about, is_of_event=True).newest_first()


_EARLIER = Query(
    _earlier,
    columns=["id"],
    parameters={"owner": User._meta.pk, "event": Event._meta.pk, "newest": Notification._meta.pk},
)
