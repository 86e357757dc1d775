"""Zip files that are written while they are sent."""

from collections.abc import Generator, Iterable
from datetime import datetime
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

# Read and written by their owner alone, once they are unpacked.
PERMISSIONS = 0o600


def zip_stream(files: Iterable[tuple[str, Iterable[bytes]]], *, at: datetime) -> Generator[bytes]:
    """Yield a zip of these files, each a name and its content in pieces; memory holds one piece at a time.

    `at` is the local time that the files bear: the format knows no zone. A file may grow to 2 GiB.
    """
    outlet = _Outlet()
    with ZipFile(outlet, "w") as archive:
        for name, pieces in files:
            entry = ZipInfo(name, at.timetuple()[:6])
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = PERMISSIONS << 16
            with archive.open(entry, "w") as file:
                for piece in pieces:
                    file.write(piece)
                    if compressed := outlet.take():
                        yield compressed
    yield outlet.take()


class _Outlet:
    """Keeps what zipfile writes until it is taken. Without `seek`, so that it is written in order and never again."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing waits: zipfile asks for it."""

    def close(self) -> None:
        """Nothing is held: zipfile may ask for it."""

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
