"""Check this machine: disks, memory, how many files a process may open, and the rules of time zones."""

import os
import resource
import tempfile
from pathlib import Path

import psutil
import tzdata  # type: ignore[import-untyped]  # it has no stubs
from django.conf import settings
from django.db import connection

from accounts.zones import RULES_VERSION, UNKNOWN_RULES
from config.doctor.findings import Finding, failed, ok, skipped, warning

MIB, GIB = 1 << 20, 1 << 30
FULL_BYTES, SCARCE_BYTES, SCARCE_SHARE = 100 * MIB, 5 * GIB, 0.1
SCARCE_MEMORY_SHARE, NO_MEMORY_SHARE = 0.1, 0.03
# nginx and the feed need a file for each socket, and a few for themselves.
FEW_FILES = 4_096


def disk_finding() -> Finding:
    """Check the disks that processes of ours write to."""
    return _room_in([settings.VAR_DIR, Path(tempfile.gettempdir())])


def database_disk_finding() -> Finding:
    """Check the disk of the database, if it is on this machine."""
    database = settings.DATABASES["default"]
    if connection.vendor == "sqlite":
        return _room_in([Path(database["NAME"]).parent])
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@datadir")
        [folder] = cursor.fetchone()
    if database["HOST"] in {"", "localhost", "127.0.0.1"} and Path(folder).is_dir():
        return _room_in([Path(folder)])
    return skipped("the database is on another machine")


def _room_in(folders: list[Path]) -> Finding:
    free = {str(folder): _free(folder) for folder in folders if folder.is_dir()}
    said = ", ".join(f"{bytes_free / GIB:.1f} GiB in {folder}" for folder, (bytes_free, _share) in free.items())
    if full := [folder for folder, (bytes_free, _share) in free.items() if bytes_free < FULL_BYTES]:
        return failed(f"{', '.join(full)} is full; free: {said}", "Delete old logs and backups, or enlarge the disk.")
    if any(bytes_free < SCARCE_BYTES and share < SCARCE_SHARE for bytes_free, share in free.values()):
        return warning(f"free: {said}", "Delete old logs and backups, or enlarge the disk.")
    return ok(f"free: {said}")


def _free(folder: Path) -> tuple[int, float]:
    """Return the free bytes of the disk that holds a folder, and their share of it; both 0 if no inode is left."""
    disk = os.statvfs(folder)
    if disk.f_files and not disk.f_favail:
        return 0, 0.0
    return disk.f_bavail * disk.f_frsize, disk.f_bavail / max(disk.f_blocks, 1)


def memory_finding() -> Finding:
    memory = psutil.virtual_memory()
    said = f"{memory.available / GIB:.1f} of {memory.total / GIB:.1f} GiB are available"
    advice = "Run fewer web workers (WEB_WORKERS), or add memory."
    if memory.available < NO_MEMORY_SHARE * memory.total:
        return failed(said, advice)
    return warning(said, advice) if memory.available < SCARCE_MEMORY_SHARE * memory.total else ok(said)


def files_finding() -> Finding:
    """Check how many files, and so sockets, a process may have open. The limit is this process's own."""
    limit, _most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return ok("a process may open any number of files")
    said = f"a process may open {limit} files, so a feed keeps about {limit} sockets"
    if limit < FEW_FILES and not settings.EMBEDDED:
        return warning(said, "Raise LimitNOFILE in the unit, or ulimits: nofile in docker-compose.yml.")
    return ok(said)


def zone_rules_finding() -> Finding:
    """Compare the rules of time zones that are used with those of the package tzdata, which is pinned."""
    newest = str(tzdata.IANA_VERSION)
    if RULES_VERSION == UNKNOWN_RULES:
        return warning("the rules of time zones don’t say which version they are", "Install the system’s tzdata.")
    if newest > RULES_VERSION:
        return warning(
            f"{RULES_VERSION}, older than {newest}, which is installed as a package",
            "Upgrade the system’s rules: apt install tzdata. Then restart all processes.",
        )
    return ok(RULES_VERSION)
