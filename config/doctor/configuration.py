"""Check the settings, the secrets, and the versions of Python and of the packages."""

import os
import platform
import re
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from packaging.requirements import Requirement
from redis.connection import parse_url

from config.doctor.findings import Finding, failed, ok, warning
from config.environment.variables import is_weak

# The second file has all packages of the first.
LOCKS = ("requirements-mysql.txt", "requirements.txt")
MIN_PASSWORD_LENGTH = 16
_LOOPBACK = re.compile(r"localhost|127\.\d+\.\d+\.\d+|::1")


def settings_finding() -> Finding:
    """Check the settings with Django's system checks. Contradictions are found whenever they are read."""
    file = _env_file()
    if file.is_file() and not os.access(file, os.R_OK):
        return failed(f"{file} exists, but this user may not read it, so its settings are not used", _unreadable(file))
    if settings.DEBUG:
        return warning("DEBUG is on", "Error pages show code and settings. Set DEBUG=false, except for development.")
    found = checks.run_checks(include_deployment_checks=not settings.EMBEDDED)
    serious = [each for each in found if each.level >= checks.WARNING and not each.is_silenced()]
    if not settings.EMBEDDED and not settings.HTTPS:
        # Django's checks would report nothing else.
        return warning(
            "production without HTTPS", "Passwords can be read in transit. Set HTTPS=true, except for trying it out."
        )
    if serious:
        make = failed if any(each.level >= checks.ERROR for each in serious) else warning
        hints = [each.hint for each in serious if each.hint]
        return make("; ".join(each.msg for each in serious), " ".join(hints) or "See: manage.py check --deploy")
    return ok(f"{settings.DEPLOYMENT}, valid and without contradictions")


def _env_file() -> Path:
    return Path(os.environ.get("ENV_FILE", settings.BASE_DIR / ".env"))


def _unreadable(file: Path) -> str:
    return f"Run this as the user that the site runs as, or let this user read it: chgrp, and chmod 640 {file}"


def secrets_finding() -> Finding:
    """Check that the secrets are strong, and that other users of this machine can't read them."""
    if weak := [name for name in ("SECRET_KEY", "JWT_SIGNING_KEY") if is_weak(getattr(settings, name))]:
        return failed(f"{' and '.join(weak)} can be guessed", "Set new ones; docs/configuration.md, “Renewing keys”.")
    files = [_env_file(), *(settings.VAR_DIR / "secrets").glob("*")]
    if legible := [str(file) for file in files if file.is_file() and file.stat().st_mode & 0o004]:
        return failed(f"every user of this machine can read {', '.join(legible)}", f"chmod o-rwx {' '.join(legible)}")
    if exposed := list(_exposed_servers()):
        return warning(
            f"{' and '.join(exposed)} has a password that is missing or short",
            f"Use one of at least {MIN_PASSWORD_LENGTH} letters and digits, and set it on the server, too.",
        )
    return ok("long enough, and readable by their owner only")


def _exposed_servers() -> list[str]:
    """Return the variables of servers that a network could reach and that a short password protects."""
    database = settings.DATABASES["default"]
    redis = parse_url(settings.REDIS_URL)
    servers = [
        ("DATABASE_URL", database["HOST"] or "", database["PASSWORD"] or ""),
        (
            "REDIS_URL",
            "" if urlsplit(settings.REDIS_URL).scheme == "unix" else redis.get("host", ""),
            password_in(redis),
        ),
    ]
    return [
        name
        for name, host, password in servers
        if host and not _LOOPBACK.fullmatch(host) and len(password) < MIN_PASSWORD_LENGTH
    ]


def password_in(options: dict[str, object]) -> str:
    return str(options.get("password") or "")


def versions_finding() -> Finding:
    """Compare the installed packages with those that are pinned."""
    here = f"Python {platform.python_version()}, Django {metadata.version('django')}"
    lock = next((settings.BASE_DIR / name for name in LOCKS if _is_installed(settings.BASE_DIR / name)), None)
    if lock is None:
        return warning(f"{here}; there is no list of pinned packages to compare with", "Install from a complete copy.")
    others = [text for pin in _pins(lock) if (text := _difference(pin))]
    if others:
        more = f" and {len(others) - 5} more" if len(others) > 5 else ""
        return warning(
            f"{here}; not as pinned: {', '.join(others[:5])}{more}",
            f"pip install --only-binary :all: --no-binary mysqlclient -r {lock.name}",
        )
    return ok(f"{here}; all packages as pinned in {lock.name}")


def _is_installed(lock: Path) -> bool:
    """Return whether a list is the one that was installed from: mysqlclient is in only one of them."""
    if not lock.is_file():
        return False
    has_mysql = any(True for _ in metadata.distributions(name="mysqlclient"))
    return has_mysql or "mysql" not in lock.name


def _pins(lock: Path) -> list[Requirement]:
    lines = (line for line in lock.read_text().splitlines() if re.match(r"[\w.-]+==", line))
    pins = [Requirement(line) for line in lines]
    return [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]


def _difference(pin: Requirement) -> str:
    """Return how the installed version of a package differs from the pinned one; empty if it does not."""
    try:
        version = metadata.version(pin.name)
    except metadata.PackageNotFoundError:
        return f"{pin.name} is missing"
    return "" if pin.specifier.contains(version, prereleases=True) else f"{pin.name} is {version}"
