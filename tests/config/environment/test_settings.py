import os
import re
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.config.production import PRODUCTION, refusal_of, settings_of, start
from tools.stage.paths import BASE_DIR

READ = set(re.findall(r"\$\{([A-Z_]+)", (BASE_DIR / "docker-compose.yml").read_text())) | set(
    re.findall(r'(?:(?:env|read)\.\w+|_secret|_rate)\(\s*"([A-Z_]+)"', (BASE_DIR / "config/settings.py").read_text())
)
READ.add("COMPOSE_PROFILES")  # Docker Compose itself reads it


def test_variables_are_documented_one_by_one() -> None:
    example = (BASE_DIR / ".env.example").read_text()

    documented = re.findall(r"^# .+\n#([A-Z_]+)=", example, re.MULTILINE)

    assert sorted(documented) == sorted(READ)


def test_variables_are_in_the_document_of_the_configuration() -> None:
    document = (BASE_DIR / "docs/configuration.md").read_text()

    assert {name for name in READ if f"`{name}`" not in document} == set()
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", document, re.MULTILINE)) - READ == set()


def plain_defaults() -> dict[str, str]:
    """Return the documented defaults that are values and not descriptions."""
    document = (BASE_DIR / "docs/configuration.md").read_text()
    return dict(re.findall(r"^\| `([A-Z_]+)` \| `([^`|]+)` \|", document, re.MULTILINE))


def test_defaults_are_the_same_in_both_documents() -> None:
    example = dict(re.findall(r"^#([A-Z_]+)=(.*)$", (BASE_DIR / ".env.example").read_text(), re.MULTILINE))

    assert {name: example[name] for name in plain_defaults()} == plain_defaults()
    assert len(plain_defaults()) >= 30


def test_documented_defaults_are_those_of_the_settings(tmp_path: Path) -> None:
    """Setting each variable to its documented default changes no setting."""
    given = plain_defaults()
    given.pop("VAR_DIR"), given.pop("ENV_FILE")

    assert embedded_settings(tmp_path, **given) == embedded_settings(tmp_path)


def test_other_value_than_the_default_would_be_found(tmp_path: Path) -> None:
    assert embedded_settings(tmp_path, MAX_EVENTS_PER_USER="501") != embedded_settings(tmp_path)


def embedded_settings(folder: Path, **variables: str) -> str:
    """Return all settings of an embedded deployment with these environment variables, as text."""
    code = "from config import settings as s; print({name: getattr(s, name) for name in dir(s) if name.isupper()})"
    environment = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, "VAR_DIR": str(folder), **variables}
    done = subprocess.run([sys.executable, "-c", code], cwd=BASE_DIR, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # The text of an object contains its position in memory.
    return re.sub(r" at 0x[0-9a-f]+", "", done.stdout)


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


# ------------------------------------------------------------------------------------------------------- former secrets

FORMER, OLDER = "former-secret" * 5, "older-secret" * 5
FAMILIES = [("SECRET_KEY", "JWT_SIGNING_KEY"), ("JWT_SIGNING_KEY", "SECRET_KEY")]


@pytest.mark.parametrize("name", ["SECRET_KEY", "JWT_SIGNING_KEY"])
def test_former_secrets_are_read_as_a_list(name: str) -> None:
    fallbacks = f"{name}_FALLBACKS"

    assert settings_of(**{fallbacks: f"{FORMER}, {OLDER}"})[fallbacks] == [FORMER, OLDER]


@pytest.mark.parametrize("name", ["SECRET_KEY", "JWT_SIGNING_KEY"])
@pytest.mark.parametrize("value", ["short", f"{FORMER},short", "change-me-to-at-least-32-random-characters"])
def test_former_secret_that_is_short_or_the_example_is_refused(name: str, value: str) -> None:
    assert (
        refusal_of(**{f"{name}_FALLBACKS": value})
        == f"{name}_FALLBACKS must be secrets of at least 32 characters, separated by commas."
    )


@pytest.mark.parametrize("name", ["SECRET_KEY", "JWT_SIGNING_KEY"])
def test_former_secret_that_is_the_present_one_is_refused(name: str) -> None:
    assert (
        refusal_of(**{f"{name}_FALLBACKS": PRODUCTION[name]})
        == f"{name}_FALLBACKS must not contain {name} itself: set {name} to a new secret."
    )
    assert refusal_of(**{f"{name}_FALLBACKS": f"{FORMER},{FORMER}"}).endswith("must not contain a secret twice.")


@pytest.mark.parametrize(("name", "other"), FAMILIES)
@pytest.mark.parametrize("is_former", [True, False])
def test_secret_of_one_purpose_is_never_one_of_the_other(name: str, other: str, is_former: bool) -> None:
    shared = {f"{name}_FALLBACKS": FORMER, f"{other}_FALLBACKS": FORMER}

    refusal = refusal_of(**shared) if is_former else refusal_of(**{f"{name}_FALLBACKS": PRODUCTION[other]})

    assert refusal == (
        "JWT_SIGNING_KEY and JWT_SIGNING_KEY_FALLBACKS must not share a secret with SECRET_KEY and "
        "SECRET_KEY_FALLBACKS."
    )


def test_folder_of_metrics_that_cannot_be_written_is_refused() -> None:
    with patch("config.logs.processes.process_kind", return_value="web"):
        refusal = refusal_of(METRICS="true", PROMETHEUS_MULTIPROC_DIR="/dev/null")

    assert refusal.startswith("PROMETHEUS_MULTIPROC_DIR can’t be created: ")
