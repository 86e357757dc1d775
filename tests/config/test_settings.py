import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

BASE_DIR = Path(__file__).resolve().parent.parent.parent
READ = set(re.findall(r"\$\{([A-Z_]+)", (BASE_DIR / "docker-compose.yml").read_text())) | set(
    re.findall(r'(?:env\.\w+|_secret|_rate)\(\s*"([A-Z_]+)"', (BASE_DIR / "config" / "settings.py").read_text())
)
PRODUCTION = {
    "DEPLOYMENT": "production",
    "SECRET_KEY": "first-secret" * 5,
    "JWT_SIGNING_KEY": "second-secret" * 5,
    "ALLOWED_HOSTS": "events.example.org",
    "ALLOWED_ORIGINS": "https://events.example.org",
    "DATABASE_URL": "mysql://events:secret@db/events",
    "REDIS_URL": "redis://redis/0",
    "EMAIL_URL": "smtp+tls://events:secret@mail.example.org:587",
}


def start(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run Python in an environment of nothing but a production that would do, and these changes."""
    surroundings = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, **PRODUCTION, **changes}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=BASE_DIR,
        env={name: value for name, value in surroundings.items() if value != "missing"},
        capture_output=True,
        text=True,
    )


def refusal_of(**changes: str) -> str:
    """Return the last line of a start that must fail."""
    done = start("-c", "import config.settings", **changes)
    assert done.returncode == 1
    return done.stderr.splitlines()[-1].removeprefix("django.core.exceptions.ImproperlyConfigured: ")


def test_variables_are_documented_one_by_one() -> None:
    example = (BASE_DIR / ".env.example").read_text()

    documented = re.findall(r"^# .+\n#([A-Z_]+)=", example, re.MULTILINE)

    assert sorted(documented) == sorted(READ)


def test_variables_are_in_the_readme() -> None:
    readme = (BASE_DIR / "README.md").read_text()

    assert {name for name in READ if f"`{name}`" not in readme} == set()


def test_example_file_is_all_comments_so_that_a_plain_copy_changes_nothing() -> None:
    lines = (BASE_DIR / ".env.example").read_text().splitlines()

    assert [line for line in lines if line and not line.startswith("#")] == []


def test_production_with_everything_set_passes_the_deployment_checks() -> None:
    done = start("manage.py", "check", "--deploy", "--fail-level", "WARNING", DATABASE_URL="sqlite:////dev/null/none")

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "JWT_SIGNING_KEY"])
@pytest.mark.parametrize(
    "value",
    ["missing", "short", "change-me-to-at-least-32-random-characters"],
)
def test_production_refuses_a_missing_short_or_example_secret(name: str, value: str) -> None:
    assert refusal_of(**{name: value}) == f"{name} must be set to a secret of at least 32 characters."


def test_production_refuses_one_secret_for_two_purposes() -> None:
    assert refusal_of(JWT_SIGNING_KEY="first-secret" * 5) == "JWT_SIGNING_KEY must differ from SECRET_KEY."


@pytest.mark.parametrize("name", ["ALLOWED_HOSTS", "ALLOWED_ORIGINS"])
def test_production_refuses_to_guess_its_hosts(name: str) -> None:
    assert refusal_of(**{name: "missing"}) == "ALLOWED_HOSTS and ALLOWED_ORIGINS must be set in production."


def test_production_refuses_to_guess_its_redis() -> None:
    assert refusal_of(REDIS_URL="missing") == "REDIS_URL must be set in production."


def test_production_refuses_to_guess_its_database() -> None:
    assert "DATABASE_URL" in refusal_of(DATABASE_URL="missing")


def test_unknown_deployment_is_refused() -> None:
    assert refusal_of(DEPLOYMENT="staging") == "DEPLOYMENT must be 'embedded' or 'production', not 'staging'."


def test_options_of_the_database_url_are_kept() -> None:
    code = "from config.settings import DATABASES; print(DATABASES['default']['OPTIONS'])"

    done = start("-c", code, DATABASE_URL="mysql://root@/events?unix_socket=/tmp/s.sock")

    assert "'unix_socket': '/tmp/s.sock'" in done.stdout
    assert "'isolation_level': 'read committed'" in done.stdout


@pytest.mark.parametrize("days", ["0", "-1"])
def test_sessions_that_end_at_once_are_refused(days: str) -> None:
    assert refusal_of(SESSION_DAYS=days) == "SESSION_DAYS must be 1 or more."
