"""Where a page of a list goes on: a place in an order of (a moment, id), as addresses carry it."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Position:
    """A place in the order; in an address "20261204T170000-17", with the microseconds where there are some."""

    moment: datetime
    id: int

    def __str__(self) -> str:
        moment = self.moment.astimezone(UTC)
        fraction = f".{moment:%f}" if moment.microsecond else ""
        return f"{moment:%Y%m%dT%H%M%S}{fraction}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """Read what `str()` wrote.

        Raises:
            ValueError
        """
        stamp, _, pk = text.partition("-")
        form = "%Y%m%dT%H%M%S.%f" if "." in stamp else "%Y%m%dT%H%M%S"
        return cls(datetime.strptime(stamp, form).replace(tzinfo=UTC), int(pk))
