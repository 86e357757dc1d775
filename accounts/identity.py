"""Which e-mail addresses may name an account, and which tries to log in aim at the same one."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def validate_email_letters(value: str) -> None:
    """Refuse an address that looks like another one, or that mail would be delivered to another one for.

    Before the `@` only printable ASCII, which Django's pattern means but does not hold: ignoring case it takes `ı` for
    `i`. After it a domain may be in any script, but must read back as it is from IDNA, which leaves zero-width letters
    out and takes a wide `ｅ` for `e` (RFC 3491).

    Raises:
        ValidationError: with code `invalid_letters`.
    """
    local, _at, domain = value.rpartition("@")
    if not (local.isascii() and local.isprintable() and (domain.isascii() or _reads_back(domain))):
        raise ValidationError(
            _("This email address contains invisible or special characters. Please type it again."),
            code="invalid_letters",
        )


def _reads_back(domain: str) -> bool:
    try:
        return domain.isprintable() and domain.encode("idna").decode("idna") == domain.lower()
    except UnicodeError:
        return False


def guessed_account(address: str) -> str:
    """Return what tries to log in with this address are counted by.

    Spellings that look alike count together: in any case, with accents, spaces or invisible letters. By the text alone,
    not by the id of the account that it finds: a limit that knew the account would end at another moment than that of
    an address without one, and so say which have one. As only the exact address finds an account, that is enough.
    """
    letters = unicodedata.normalize("NFKD", address.strip().casefold()).replace("ı", "i")
    return "".join(letter for letter in letters if letter.isprintable() and not unicodedata.combining(letter))
