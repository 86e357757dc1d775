"""The texts of emails about accounts. Links are signed here, when an email is sent, so that no row contains one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.languages import in_language_of
from accounts.leads import distance_name
from accounts.links import password_reset_tokens
from accounts.models import AccountMail, User
from accounts.services.outbox import link_token
from config.mail.message import absolute_url, build_message


@dataclass(frozen=True)
class Letter:
    """The text of an email about an account. `button` is a label and a URL."""

    to: str
    subject: str
    paragraphs: tuple[str, ...]
    button: tuple[str, str] | None = None


def compose_account_mail(mail: AccountMail, *, at: datetime) -> EmailMultiAlternatives | None:
    """Return the message in its recipient's language; None if it is no longer wanted, or the address has no account.

    Issues at most two queries.
    """
    user = mail.user or User.objects.active().filter(email=mail.address).first()
    if user is None or not _is_reachable(user, mail):
        return None
    with in_language_of(user):
        letter = _letter(mail, user, at=at)
        if letter is None:
            return None
        return build_message(
            mail.message_id, to=letter.to, subject=letter.subject, template="mail/account", context={"letter": letter}
        )


def _is_reachable(user: User, mail: AccountMail) -> bool:
    """Return whether the account gets this email.

    A suspended account still gets its link to undo a change of its address, because it would lose the link otherwise.
    """
    may_be_suspended = mail.kind == AccountMail.Kind.CHANGE_ASKED and user.deletion_requested_at is None
    return user.is_active or may_be_suspended


def _letter(mail: AccountMail, user: User, *, at: datetime) -> Letter | None:
    match mail.kind:
        case AccountMail.Kind.RESET:
            return _reset(mail, user)
        case AccountMail.Kind.VERIFY:
            return _verify(mail, user)
        case AccountMail.Kind.EMAIL_CHANGED:
            return _email_changed(mail, user, at=at)
        case AccountMail.Kind.CONFIRM_EMAIL:
            return _confirm_email(mail, user, at=at)
        case AccountMail.Kind.CHANGE_ASKED:
            return _change_asked(mail, user)
        case AccountMail.Kind.RESTORED:
            return _restored(mail, user)
        case _:
            return _password_changed(mail, user) if user.has_usable_password() else _password_removed(mail, user)


def _reset(mail: AccountMail, user: User) -> Letter | None:
    if user.email != mail.address or not user.has_usable_password():
        return None
    return Letter(
        mail.address,
        _("Choose a new password"),
        (
            _("Hi %(name)s, someone asked to reset your password.") % {"name": user.username},
            _("If this wasn’t you, ignore this email: your password won’t change."),
            _reset_terms(),
        ),
        (_("Choose a new password"), _reset_link(user)),
    )


def _reset_terms() -> str:
    return _link_terms(timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT))


def _link_terms(lifetime: timedelta) -> str:
    """Return the sentence that says how long a single-use link works: "… and expires in 2 hours"."""
    distance = distance_name(round(lifetime.total_seconds() / 60))
    return _("The link works once and expires %(distance)s.") % {"distance": distance}


def _reset_link(user: User) -> str:
    uid, token = urlsafe_base64_encode(force_bytes(user.pk)), password_reset_tokens.make_token(user)
    return absolute_url(reverse("accounts:password_reset_confirm", args=[uid, token]))


def _verify(mail: AccountMail, user: User) -> Letter | None:
    if user.email != mail.address or user.email_verified_at:
        return None
    return Letter(
        mail.address,
        _("Verify your email address"),
        (
            _("Hi %(name)s, please confirm that this is your email address so we can email you reminders.")
            % {"name": user.username},
            _("If you didn’t sign up, ignore this email."),
            _verification_terms(),
        ),
        (_("Verify this address"), absolute_url(reverse("accounts:verify", args=[link_token(mail)]))),
    )


def _verification_terms() -> str:
    return _link_terms(timedelta(days=settings.EMAIL_VERIFICATION_DAYS))


def _confirm_email(mail: AccountMail, user: User, *, at: datetime) -> Letter | None:
    if not user.can_confirm(mail.address, asked_at=mail.created_at, at=at):
        return None
    return Letter(
        mail.address,
        _("Confirm your new email address"),
        (
            _("Hi %(name)s, please confirm that this is the new email address for your account.")
            % {"name": user.username},
            _("Log in with your current email address and confirm the new one. Until then, nothing changes."),
            _("If you don’t have an account with us, ignore this email."),
            _verification_terms(),
        ),
        (_("Confirm this address"), absolute_url(reverse("accounts:confirm_email", args=[link_token(mail)]))),
    )


def _change_asked(mail: AccountMail, user: User) -> Letter | None:
    if mail.used_at:
        return None
    asked = _("Hi %(name)s, someone asked to change the email address for your account.")
    if user.pending_email:
        asked = _("Hi %(name)s, someone asked to change the email address for your account to %(address)s.")
    return Letter(
        mail.address,
        _("Your email address is about to change"),
        (
            asked % {"name": user.username, "address": user.pending_email},
            _("If this was you, confirm the new address with the link we sent there."),
            _undo_promise(),
        ),
        _undo_button(mail),
    )


def _email_changed(mail: AccountMail, user: User, *, at: datetime) -> Letter | None:
    if user.email == mail.address:  # the account got this address back before the email was sent
        return None
    right = AccountMail.objects.undoable(at).filter(user=user, address=mail.address).first()
    return Letter(
        mail.address,
        _("Your email address was changed"),
        (
            _("Hi %(name)s, the email address for your account was changed. We’ll no longer use this one.")
            % {"name": user.username},
            _undo_promise()
            if right
            else _("If this wasn’t you, someone knows your password: contact the site’s administrator."),
        ),
        _undo_button(right) if right else None,
    )


def _undo_promise() -> str:
    deadline = ngettext(
        "If this wasn’t you, undo it within %(days)s day of the request, even if the new address has been confirmed.",
        "If this wasn’t you, undo it within %(days)s days of the request, even if the new address has been confirmed.",
        settings.EMAIL_UNDO_DAYS,
    ) % {"days": settings.EMAIL_UNDO_DAYS}
    result = _(
        "Your account will then use this address again, you’ll be logged out everywhere, and we’ll send you a link to"
        " choose a new password."
    )
    return f"{deadline} {result}"


def _undo_button(right: AccountMail) -> tuple[str, str]:
    return _("Undo the change"), absolute_url(reverse("accounts:undo_email_change", args=[link_token(right)]))


def _restored(mail: AccountMail, user: User) -> Letter | None:
    if user.email != mail.address:
        return None
    restored = _("Hi %(name)s, your account uses this email address again, and you’ve been logged out everywhere.") % {
        "name": user.username
    }
    if not user.has_usable_password():
        writing = _("To log in again, contact the site’s administrator.")
        return Letter(mail.address, _("Your email address was restored"), (restored, writing))
    return Letter(
        mail.address,
        _("Your email address was restored"),
        (
            restored,
            _("Your old password no longer works, so choose a new one."),
            _reset_terms(),
            _("If the link has expired, request a new one on the login page."),
        ),
        (_("Choose a new password"), _reset_link(user)),
    )


def _password_changed(mail: AccountMail, user: User) -> Letter:
    return Letter(
        mail.address,
        _("Your password was changed"),
        (
            _("Hi %(name)s, your password was changed and you’ve been logged out everywhere else.")
            % {"name": user.username},
            _("If this wasn’t you, choose a new password now."),
        ),
        (_("Choose a new password"), absolute_url(reverse("accounts:password_reset"))),
    )


def _password_removed(mail: AccountMail, user: User) -> Letter:
    return Letter(
        mail.address,
        _("Your password was removed"),
        (
            _("Hi %(name)s, an administrator removed your password and logged you out everywhere.")
            % {"name": user.username},
            _("To log in again, contact the site’s administrator."),
        ),
    )
