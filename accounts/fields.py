"""Model fields of names that mean the same in any case."""

from typing import Any

from django.db import models


class _LowercaseMixin(models.CharField):
    """Lower the value on its way to the database, in writes and in look-ups.

    MariaDB's default collation folds case and SQLite's does not; lowered values mean the same on both.
    """

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return prepared.lower() if isinstance(prepared, str) else prepared


class LowercaseCharField(_LowercaseMixin):
    """A CharField stored and looked up in lower case."""


class LowercaseEmailField(_LowercaseMixin, models.EmailField):
    """An EmailField stored and looked up in lower case."""
