"""From notices that stay unread to mails that are owed.

No index tells what is unread, unmailed and old enough: one more would slow every fan-out, for a question that only the
newest rows can answer with yes. Instead a cursor walks the primary key: all up to it has been decided for good, so that
an idle pass reads what the last ten minutes told and no more, however large the table is.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import OuterRef, Subquery

from accounts.models import User
from config.database import transactional
from notifications.models import MailCursor, NoticeMail, Notification
from notifications.querysets import NotificationQuerySet

CHUNK_SIZE = 1_000
# Ids become visible in commit order: the cursor stays this far behind, longer than any transaction takes.
CURSOR_DISTANCE = timedelta(minutes=5)


def escalate_unread(*, at: datetime) -> int:
    """Write down one mail for each person with a notice that is due for it; returns how many.

    Due is what was told EMAIL_ESCALATION_MINUTES ago or earlier, or is about a start (old or new) nearer than that. A
    mail takes in all that its reader has not read. Another pass under way at the same time does nothing.
    """
    count, after = 0, 0
    while True:
        mails, last_id = _escalate_chunk(at=at, after=after)
        count += mails
        if last_id is None:
            return count
        after = last_id


@transactional
def _escalate_chunk(*, at: datetime, after: int) -> tuple[int, int | None]:
    """Decide for up to CHUNK_SIZE due notices; returns the number of mails, and the last id where there may be more."""
    MailCursor.objects.get_or_create(pk=MailCursor.SINGLETON_ID)
    cursor = MailCursor.objects.select_for_update(skip_locked=True).filter(pk=MailCursor.SINGLETON_ID).first()
    if cursor is None:
        return 0, None
    window = timedelta(minutes=settings.EMAIL_ESCALATION_MINUTES)
    undecided = Notification.objects.filter(pk__gt=cursor.decided_up_to)
    due = undecided.filter(pk__gt=after).unread().unmailed().due_for_mail(at, window=window).to_mailable_people()
    rows = list(due.to_nobody_removed().order_by("pk").select_related("recipient")[:CHUNK_SIZE])
    people = {row.recipient_id: row.recipient for row in rows if row.is_mailed_to(row.recipient)}
    if people:
        _owe_mails(people, undecided, at=at)
    if len(rows) == CHUNK_SIZE:
        return len(people), rows[-1].pk
    _advance(cursor, undecided, before=at - max(window, CURSOR_DISTANCE))
    return len(people), None


def _owe_mails(people: dict[int, User], undecided: NotificationQuerySet, *, at: datetime) -> None:
    """Owe each of these people one mail of all that they have not read and want mailed."""
    NoticeMail.objects.bulk_create(NoticeMail(recipient_id=pk, created_at=at, due_at=at) for pk in people)
    unread = undecided.unread().unmailed().to_nobody_removed().filter(recipient_id__in=people)
    ids = [row.pk for row in unread.only("pk", "kind", "recipient_id") if row.is_mailed_to(people[row.recipient_id])]
    mail = NoticeMail.objects.filter(recipient=OuterRef("recipient"), created_at=at).order_by("-pk").values("pk")[:1]
    Notification.objects.filter(pk__among=ids).update(mail=Subquery(mail))


def _advance(cursor: MailCursor, undecided: NotificationQuerySet, *, before: datetime) -> None:
    """Move the cursor up to the first notice that is younger; never to an id that is not seen yet."""
    first_young = undecided.filter(created_at__gt=before).order_by("pk").values_list("pk", flat=True).first()
    old = undecided.filter(pk__lt=first_young) if first_young else undecided
    last_old = old.order_by("-pk").values_list("pk", flat=True).first()
    if last_old:
        cursor.decided_up_to = last_old
        cursor.save(update_fields=["decided_up_to"])
