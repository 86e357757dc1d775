"""Decide which unread notifications are to be emailed, and write the emails that are then pending.

There is no index for notifications that are unread, not emailed and old enough. It would slow down every delivery,
although only the newest rows can satisfy that condition. Instead, a cursor advances along the primary key. For every
row up to the cursor the decision is final. A pass without work therefore reads only the notifications that are younger
than EMAIL_ESCALATION_MINUTES, or than CURSOR_DISTANCE if that is longer, however large the table is.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import OuterRef, Subquery

from accounts.models import User
from config.database import transactional
from events.models import Announcement
from notifications.models import MailCursor, NoticeMail, Notification
from notifications.querysets import NotificationQuerySet

CHUNK_SIZE = 1_000
# Rows become visible in the order in which transactions commit, not in the order of their ids. The cursor therefore
# stays this far behind the present, which is longer than any transaction takes.
CURSOR_DISTANCE = timedelta(minutes=5)


def escalate_unread(*, at: datetime, may_continue: Callable[[], bool] = lambda: True) -> int:
    """Write one pending email for each person with a notification that is due to be emailed; return how many.

    A notification is due if it was written EMAIL_ESCALATION_MINUTES ago or earlier, or if it is about a start (old or
    new) that is nearer than that. The email contains everything that is unread and that the person wants by email.
    A second pass that runs at the same time does nothing.

    `may_continue` is called after each CHUNK_SIZE notifications, because a million of them take minutes. If it returns
    False, the others are left to the next pass.
    """
    count, after = 0, 0
    while True:
        mails, last_id = _escalate_chunk(at=at, after=after)
        count += mails
        if last_id is None or not may_continue():
            return count
        after = last_id


@transactional
def _escalate_chunk(*, at: datetime, after: int) -> tuple[int, int | None]:
    """Decide about up to CHUNK_SIZE due notifications after the id `after`.

    Returns the number of emails, and the last id of the chunk, or None if there are no more notifications.
    """
    MailCursor.objects.get_or_create(pk=MailCursor.SINGLETON_ID)
    cursor = MailCursor.objects.select_for_update(skip_locked=True).filter(pk=MailCursor.SINGLETON_ID).first()
    if cursor is None:
        return 0, None
    window = timedelta(minutes=settings.EMAIL_ESCALATION_MINUTES)
    undecided = Notification.objects.filter(pk__gt=cursor.decided_up_to)
    due = undecided.filter(pk__gt=after).unmailed().due_for_mail(at, window=window).unread().to_mailable_people()
    rows = list(due.to_nobody_removed().order_by("pk").select_related("recipient")[:CHUNK_SIZE])
    people = {row.recipient_id: row.recipient for row in rows if row.is_mailed_to(row.recipient)}
    if people:
        _owe_mails(people, undecided, at=at)
    if len(rows) == CHUNK_SIZE:
        return len(people), rows[-1].pk
    _advance(cursor, undecided, before=at - max(window, CURSOR_DISTANCE))
    return len(people), None


def _owe_mails(people: dict[int, User], undecided: NotificationQuerySet, *, at: datetime) -> None:
    """Write one pending email for each of these people, with all unread notifications that they want by email."""
    unread = undecided.filter(recipient_id__in=people).unmailed().unread().to_nobody_removed().order_by("pk")
    rows = unread.only("pk", "kind", "detail", "recipient_id", "source")
    mailed = [row for row in rows if row.is_mailed_to(people[row.recipient_id])]
    ids = [row.pk for row in mailed]
    causes = _request_ids(mailed)
    NoticeMail.objects.bulk_create(
        NoticeMail(recipient_id=pk, created_at=at, due_at=at, request_id=causes.get(pk, "")) for pk in people
    )
    mail = NoticeMail.objects.filter(recipient=OuterRef("recipient"), created_at=at).order_by("-pk").values("pk")[:1]
    Notification.objects.filter(pk__among=ids).update(mail=Subquery(mail))


def _request_ids(rows: list[Notification]) -> dict[int, str]:
    """Return the id of the request that caused the newest announcement among these rows, by recipient.

    The rows are in ascending order of their ids. At most one query, and none if all of them are reminders.
    """
    ids = {row.announcement_id for row in rows if row.announcement_id}
    known = dict(Announcement.objects.filter(pk__in=ids).values_list("pk", "request_id"))
    return {row.recipient_id: known[row.announcement_id] for row in rows if row.announcement_id in known}


def _advance(cursor: MailCursor, undecided: NotificationQuerySet, *, before: datetime) -> None:
    """Move the cursor to the last notification before the first one that was written after `before` (`>`).

    It moves only to the id of a visible row, because rows with higher ids may still become visible.
    """
    first_young = undecided.filter(created_at__gt=before).order_by("pk").values_list("pk", flat=True).first()
    old = undecided.filter(pk__lt=first_young) if first_young else undecided
    last_old = old.order_by("-pk").values_list("pk", flat=True).first()
    if last_old:
        cursor.decided_up_to = last_old
        cursor.save(update_fields=["decided_up_to"])
