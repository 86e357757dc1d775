"""Help to test email addresses: request, confirm and undo a change, and send the emails."""

import re
from datetime import datetime

from django.core import mail as outbox

from accounts.models import AccountMail, User
from accounts.services import confirm_email_change, link_token, request_email_change, undo_email_change
from notifications.mail.sender import send_mails

OLD, NEW, NEWER = "ada@example.org", "new@example.org", "newer@example.org"
NEW_PASSWORD = "a wholly different sentence"
CHANGE, PROFILE, LOGIN = "/accounts/email/", "/accounts/profile/", "/accounts/login/"
Kind = AccountMail.Kind


def now(user: User) -> tuple[str, str | None]:
    """Return the address that counts and the pending one."""
    return User.objects.values_list("email", "pending_email").get(pk=user.pk)


def owed() -> list[tuple[str, str]]:
    return list(AccountMail.objects.order_by("pk").values_list("kind", "address"))


def token_of(kind: str, address: str) -> str:
    """Return the token in the link of the latest email of this kind."""
    return link_token(AccountMail.objects.filter(kind=kind, address=address).latest("pk"))


def change(user: User, address: str, *, at: datetime) -> None:
    """Request a new address and confirm it."""
    request_email_change(user, email=address, at=at)
    confirm_email_change(user, token_of(Kind.CONFIRM_EMAIL, address), at=at)


def undo(address: str, *, at: datetime) -> User:
    return undo_email_change(token_of(Kind.CHANGE_ASKED, address), at=at)


def sent() -> list[tuple[str, str, str]]:
    """Send the pending emails; return the recipient, the subject and the path of the link of each."""
    outbox.outbox.clear()
    send_mails()
    return [
        (each.to[0], str(each.subject), "".join(re.findall(r"http://localhost:8000(/accounts/\S+)", str(each.body))))
        for each in outbox.outbox
    ]
