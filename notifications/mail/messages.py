"""What a mail of unread notices says, and the link that ends such mails."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.languages import in_language_of
from accounts.links import LinkSigner
from accounts.models import User
from config.mail.message import absolute_url, build_message
from events.models import Event
from notifications.models import NoticeMail, Notification
from notifications.wording import Wording, wording

# More than this are only counted: the inbox has them all.
MAX_SHOWN = 50
unsubscribe_links = LinkSigner("notifications.unsubscribe")


@dataclass(frozen=True)
class MailedNotice:
    """One notice of a mail; the addresses are empty where the reader cannot see the event any more."""

    headline: str
    wording: Wording
    place: str
    url: str
    calendar_url: str


def compose_notice_mail(mail: NoticeMail, *, at: datetime) -> EmailMultiAlternatives | None:
    """Return the message of what is still unread, in its reader's language; None where nothing is, or nobody may be
    mailed. Three queries.
    """
    user = mail.recipient
    if not user.is_active or user.email_verified_at is None:
        return None
    unread = Notification.objects.owned_by(user).unread().to_nobody_removed()
    notices = [each for each in unread.of_mail(mail) if each.is_mailed_to(user)]
    if not notices:
        return None
    with in_language_of(user):
        return _build(mail, notices, user, at=at)


def _build(mail: NoticeMail, notices: list[Notification], user: User, *, at: datetime) -> EmailMultiAlternatives:
    shown = _mailed_notices(notices[:MAX_SHOWN], user, at=at)
    unsubscribe_url = absolute_url(reverse("notifications:unsubscribe", args=[unsubscribe_token(user)]))
    return build_message(
        mail.message_id,
        to=user.email,
        subject=_subject(shown, count=len(notices)),
        template="mail/notices",
        context={
            "notices": shown,
            "inbox_url": absolute_url(reverse("notifications:inbox")),
            "preferences_url": absolute_url(reverse("notifications:preferences")),
            "unsubscribe_url": unsubscribe_url,
        },
        # RFC 8058: the mail program's own button posts to the same address.
        headers={
            "List-Unsubscribe": f"<{unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


def _mailed_notices(notices: list[Notification], user: User, *, at: datetime) -> list[MailedNotice]:
    zone = ZoneInfo(user.time_zone)
    visible = set(
        Event.objects.visible_to(user)
        .filter(pk__in={each.event_id for each in notices if each.event_id})
        .values_list("pk", flat=True)
    )

    def mailed(notice: Notification) -> MailedNotice:
        url = absolute_url(reverse("events:detail", args=[notice.event_id])) if notice.event_id in visible else ""
        tells_place = notice.kind in {Notification.Kind.REMINDER, Notification.Kind.CANCELLED}
        return MailedNotice(
            headline=notice.headline,
            wording=wording(notice, zone=zone, at=at),
            place=notice.location if tells_place else "",
            url=url,
            calendar_url=f"{url}calendar.ics" if url else "",
        )

    return [mailed(each) for each in notices]


def _subject(notices: list[MailedNotice], *, count: int) -> str:
    first = notices[0]
    if count > 1:
        subject = ngettext(
            "%(headline)s and %(count)s more notification", "%(headline)s and %(count)s more notifications", count - 1
        )
        return subject % {"headline": first.headline, "count": count - 1}
    said = first.wording.quote or first.wording.sentence
    return _("%(headline)s: %(said)s") % {"headline": first.headline, "said": said}


def unsubscribe_token(user: User) -> str:
    """Return the token for a link, signed for the account and its address, that can only end these mails."""
    return unsubscribe_links.token(user.pk, address=user.email, created_at=user.date_joined)


def unsubscribing_user(token: str) -> User | None:
    """Return the user whose mails a link ends; None if it is not signed for an active user and their address.

    One query.
    """
    user: User | None = User.objects.active().filter(pk=unsubscribe_links.claimed_pk(token)).first()
    if user and unsubscribe_links.holds(token, user.pk, address=user.email, created_at=user.date_joined):
        return user
    return None
