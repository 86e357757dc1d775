"""The emails about unread notifications, and the link that unsubscribes from them."""

from dataclasses import dataclass
from datetime import datetime

from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.languages import in_language_of
from accounts.links import LinkSigner
from accounts.models import User
from config.mail.message import absolute_url, build_message
from events.models import Event
from notifications.inbox.entries import Entry, entries_of
from notifications.models import NoticeMail, Notification

# An email shows at most so many notifications and counts the rest, which can be found in the inbox.
MAX_SHOWN = 50
unsubscribe_links = LinkSigner("notifications.unsubscribe")


@dataclass(frozen=True)
class Block:
    """What an email says about one event, the newest notification first. `headline` is the newest one's."""

    headline: str
    # None if there is no page to link to.
    event: Event | None
    entries: list[Entry]


def compose_notification_mail(mail: NoticeMail, *, at: datetime) -> EmailMultiAlternatives | None:
    """Return an email with those of its notifications that are still unread, in the recipient's language.

    Notifications of the same event are one block, and whatever arrived last comes first.

    Returns None if none of them is unread, or if the recipient must not be emailed any more. Three queries.
    """
    user = mail.recipient
    if not user.is_active or user.email_verified_at is None:
        return None
    rows = Notification.objects.owned_by(user).of_mail(mail).unread().to_nobody_removed().with_currency()
    notifications = [each for each in rows.newest_first() if each.is_mailed_to(user)]
    if not notifications:
        return None
    with in_language_of(user):
        return _build(mail, notifications, user, at=at)


def _build(mail: NoticeMail, notifications: list[Notification], user: User, *, at: datetime) -> EmailMultiAlternatives:
    blocks = _blocks(entries_of(notifications[:MAX_SHOWN], user, at=at))
    unsubscribe_url = absolute_url(reverse("notifications:unsubscribe", args=[unsubscribe_token(user)]))
    return build_message(
        mail.message_id,
        to=user.email,
        subject=_subject(blocks[0], others=len(notifications) - len(blocks[0].entries)),
        template="mail/notifications",
        context={
            "blocks": blocks,
            "count": len(notifications),
            "inbox_url": absolute_url(reverse("notifications:inbox")),
            "preferences_url": absolute_url(reverse("notifications:preferences")),
            "unsubscribe_url": unsubscribe_url,
        },
        # RFC 8058: the unsubscribe button of an email program posts to the same URL.
        headers={
            "List-Unsubscribe": f"<{unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


def _blocks(entries: list[Entry]) -> list[Block]:
    """Group the entries by event. What is about no event, or about one that no longer exists, is a block of its own."""
    blocks: dict[tuple[int | None, int], Block] = {}
    for entry in entries:
        row = entry.notification
        key = (row.event_id, 0 if row.event_id else row.pk)
        blocks.setdefault(key, Block(row.headline, entry.event, [])).entries.append(entry)
    return list(blocks.values())


def _subject(first: Block, *, others: int) -> str:
    """Return what the email says first, or how many notifications there are about other events."""
    if others:
        subject = ngettext(
            "%(headline)s and %(count)s more notification", "%(headline)s and %(count)s more notifications", others
        )
        return subject % {"headline": first.headline, "count": others}
    words = first.entries[0].wording
    return _("%(headline)s: %(said)s") % {"headline": first.headline, "said": words.quote or words.sentence}


def unsubscribe_token(user: User) -> str:
    """Return the token of the unsubscribe link. It is signed for the account and its email address.

    It permits nothing else than ending these emails.
    """
    return unsubscribe_links.token(user.pk, address=user.email, created_at=user.date_joined)


def unsubscribing_user(token: str) -> User | None:
    """Return the user whose emails a link ends, or None if it is not signed for an active user and their email address.

    One query.
    """
    user: User | None = User.objects.active().filter(pk=unsubscribe_links.claimed_pk(token)).first()
    if user and unsubscribe_links.holds(token, user.pk, address=user.email, created_at=user.date_joined):
        return user
    return None
