"""Test zips that are written while they are sent, by reading them with Python's library."""

import io
import os
import tracemalloc
from collections.abc import Iterator
from datetime import datetime
from zipfile import ZipFile

from config.web.archives import zip_stream

AT = datetime(2027, 5, 1, 18, 30)
MIB = 1024 * 1024


def test_zip_is_read_back_as_it_was_written() -> None:
    pieces = zip_stream([("a.txt", [b"first ", b"second"]), ("empty.txt", [])], at=AT)

    archive = ZipFile(io.BytesIO(b"".join(pieces)))

    assert archive.testzip() is None
    assert {info.filename: archive.read(info) for info in archive.infolist()} == {
        "a.txt": b"first second",
        "empty.txt": b"",
    }
    assert archive.getinfo("a.txt").date_time == (2027, 5, 1, 18, 30, 0)


def test_nothing_is_read_before_it_is_asked_for() -> None:
    read = []

    def content() -> Iterator[bytes]:
        for number in range(3):
            read.append(number)
            yield os.urandom(MIB)

    pieces = zip_stream([("a", content())], at=AT)
    assert read == []

    next(pieces)

    assert read == [0]


def test_memory_does_not_grow_with_the_content() -> None:
    content = (os.urandom(MIB) for _ in range(40))
    tracemalloc.start()

    total = sum(map(len, zip_stream([("random", content)], at=AT)))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > 40 * MIB
    assert peak < 8 * MIB


def test_reader_that_goes_away_is_no_error() -> None:
    pieces = zip_stream([("a", [os.urandom(MIB)] * 2)], at=AT)
    next(pieces)

    pieces.close()

    assert list(pieces) == []
