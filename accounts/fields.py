"""Model fields for texts that identify somebody. They ignore the case of letters and no other difference."""

from typing import Any

from django.db import models
from django.db.models.lookups import Contains, EndsWith, IContains, IEndsWith, IExact, IStartsWith, StartsWith

from config.database import binary_collation


class _LowercaseMixin(models.CharField):
    """Convert values to lower case before they reach the database, in writes and in lookups.

    MariaDB's default collation ignores case and SQLite's does not. Lower-case values compare alike on both.
    """

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return prepared.lower() if isinstance(prepared, str) else prepared


class LowercaseCharField(_LowercaseMixin):
    """A CharField stored and looked up in lower case. Only old migrations use it."""


class LowercaseEmailField(_LowercaseMixin, models.EmailField):
    """An EmailField stored and looked up in lower case. Only old migrations use it."""


class _IdentityMixin(_LowercaseMixin):
    """Compare letter by letter on every database.

    The default collations of MariaDB and MySQL treat `ı` as `i` and `ö` as `o`, and ignore zero-width characters, so
    that a misspelt email address would find an account. SQLite always compares bytes, so a migration changes nothing
    there.
    """

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        return {**super().db_parameters(connection), "collation": binary_collation(connection)}


class IdentityCharField(_IdentityMixin):
    """A CharField stored in lower case and compared letter by letter."""


class IdentityEmailField(_IdentityMixin, models.EmailField):
    """An EmailField stored in lower case and compared letter by letter."""


def _register_lowered(lookup: Any) -> None:
    """Make this lookup convert its pattern to lower case. Django does not, and a binary collation respects case."""

    class Lowered(lookup):
        def get_prep_lookup(self) -> Any:
            prepared = super().get_prep_lookup()
            return prepared.lower() if isinstance(prepared, str) else prepared

    _IdentityMixin.register_lookup(Lowered)


for _lookup in (Contains, IContains, StartsWith, IStartsWith, EndsWith, IEndsWith, IExact):
    _register_lowered(_lookup)
