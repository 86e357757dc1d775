"""Positions in lists: what addresses carry is what they were made of."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from config.keyset import Position

MOMENT = datetime(2026, 12, 4, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (MOMENT, "20261204T170000-17"),
        (MOMENT.replace(microsecond=12), "20261204T170000.000012-17"),
        (MOMENT.astimezone(timezone(timedelta(hours=9))), "20261204T170000-17"),
    ],
)
def test_position_reads_what_it_wrote(moment: datetime, text: str) -> None:
    position = Position(moment, 17)

    assert str(position) == text
    assert Position.parse(text) == position


@pytest.mark.parametrize(
    "text", ["", "-", "17", "20261204T170000", "20261204T170000.-1", "20261304T170000-1", "20261204-1"]
)
def test_position_refuses_what_it_never_wrote(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Position.parse(text)
