"""Zip files that are written while they are being sent."""

from collections.abc import Generator, Iterable
from datetime import datetime
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

# Unpacked files can be read and written by their owner only.
PERMISSIONS = 0o600


def zip_stream(files: Iterable[tuple[str, Iterable[bytes]]], *, at: datetime) -> Generator[bytes]:
    """Yield a zip of these files, each given as a name and its content in pieces. One piece is in memory at a time.

    `at` is the modification time of the files, in local time because the format has no time zones. A file can have at
    most 2 GiB.
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
    """Buffer what zipfile writes. It has no `seek`, so that zipfile writes in order and never goes back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Do nothing; zipfile requires the method."""

    def close(self) -> None:
        """Do nothing; zipfile may call it."""

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
