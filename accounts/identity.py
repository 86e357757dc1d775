"""Which email addresses an account may have, and which login attempts count for the same account."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def validate_email_letters(value: str) -> None:
    """Refuse an email address that looks like another one, or whose emails would be delivered to another one.

    The part before the `@` must be printable ASCII. Django's pattern intends this, but ignores case and so accepts `ı`
    as `i`. The domain may be in any script, but a round trip through IDNA must not change it: IDNA drops zero-width
    characters and turns a wide `ｅ` into `e` (RFC 3491).

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
    """Return the key by which attempts to log in with this email address are counted.

    Spellings that look alike count together, whatever their case, accents, spaces or invisible characters. The key
    depends on the text alone and not on the account's id: a limit that knew the account would end at a different
    moment, and so reveal which addresses have an account. Only the exact address finds an account, so other spellings
    give nobody more attempts.
    """
    letters = unicodedata.normalize("NFKD", address.strip().casefold()).replace("ı", "i")
    return "".join(letter for letter in letters if letter.isprintable() and not unicodedata.combining(letter))
