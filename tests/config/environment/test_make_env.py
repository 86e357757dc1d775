"""Test `manage.py make_env`: what it asks, what it writes, and that production starts with it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import env_file
from config.environment.answers import COMPOSED, QUESTIONS, Question, collect, random_password
from tests.config.production import settings_of
from tools.stage.composed import COMPOSE, interpolated
from tools.stage.paths import BASE_DIR

EXAMPLE = (BASE_DIR / ".env.example").read_text()
WITH_DOCKER = {"docker": "yes", "site": "events.site.test", "email-url": "smtp+tls://u:p%2F@mail.site.test:587"}
# Without it the sender would be at the site's host, and `.test` is reserved.
SENDER = {"email-from": "Event manager <events@site.dev>"}


def make_env(folder: Path, *arguments: str, answers: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command where there are no settings at all."""
    return subprocess.run(
        [sys.executable, "manage.py", "make_env", "--output", str(folder / ".env"), *arguments],
        cwd=BASE_DIR,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(folder / "var"), "ENV_FILE": os.devnull},
        input=answers,
        capture_output=True,
        text=True,
    )


def options(answers: dict[str, str]) -> list[str]:
    return ["--no-input", *(word for name, answer in answers.items() for word in (f"--{name}", answer))]


def variables_of(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))


def never(question: Question) -> str:
    raise AssertionError(f"{question.option} was asked")


def silent(reason: str) -> None:
    raise AssertionError(f"unexpected: {reason}")


def answering(*answers: str) -> tuple[dict[str, str], list[str]]:
    """Return the variables that typed answers come to, and the complaints about them."""
    typed, complaints = iter(answers), list[str]()
    values = collect({}, lambda _question: next(typed), complaints.append)
    assert list(typed) == []
    return dict(values), complaints


# The file


def test_file_is_written_for_its_owner_alone_and_nothing_beside_it(tmp_path: Path) -> None:
    done = make_env(tmp_path, *options({**WITH_DOCKER, **SENDER}))

    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [".env"]
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert [secret for secret in variables_of((tmp_path / ".env").read_text()).values() if secret in done.stdout] == []


def test_existing_file_is_kept_unless_its_replacement_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SECRET_KEY=in-use\n")

    kept = make_env(tmp_path, *options({**WITH_DOCKER, **SENDER}))
    text = (tmp_path / ".env").read_text()
    replaced = make_env(tmp_path, "--overwrite", *options({**WITH_DOCKER, **SENDER}))

    assert (kept.returncode, text) == (1, "SECRET_KEY=in-use\n")
    assert "exists" in kept.stderr
    assert replaced.returncode == 0, replaced.stderr
    assert "in-use" not in (tmp_path / ".env").read_text()
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def test_everything_but_the_values_is_as_in_the_example() -> None:
    values = {"SECRET_KEY": "a", "EMAIL_FROM": r"Site \1 <a@b.dev>".replace("\\", "")}

    text = env_file.filled(EXAMPLE, values)

    changed = [pair for pair in zip(EXAMPLE.splitlines(), text.splitlines(), strict=True) if pair[0] != pair[1]]
    assert [new for _old, new in changed] == ["SECRET_KEY=a", "EMAIL_FROM=Site 1 <a@b.dev>"]
    assert variables_of(text) == values


def test_variable_that_the_example_lacks_is_an_error() -> None:
    with pytest.raises(KeyError):
        env_file.filled(EXAMPLE, {"GONE": "a"})


@pytest.mark.parametrize("character", ["$", "'", '"', "#", "\\", "`", "\n", "\x7f"])
def test_character_that_readers_of_the_file_treat_differently_is_refused(character: str) -> None:
    with pytest.raises(ValueError, match=rf"%{ord(character):02X}\.$"):
        env_file.filled(EXAMPLE, {"EMAIL_URL": f"smtp://u:a{character}b@mail"})


# The answers


def test_missing_answers_are_named_if_nobody_is_asked(tmp_path: Path) -> None:
    done = make_env(tmp_path, *options({"docker": "no"}))

    assert done.returncode == 1
    assert "Missing: --site, --email-url." in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_input_that_ends_is_an_error_with_the_option(tmp_path: Path) -> None:
    done = make_env(tmp_path, answers="yes\n")

    assert done.returncode == 1
    assert "--site" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_wrong_answer_is_asked_again_with_the_reason(tmp_path: Path) -> None:
    values, complaints = answering(
        *("", "perhaps", "no"),
        *("two words", "http://10.0.0.1:99999", "events.site.dev"),
        *("", "consolemail://", "smtp://u:a$b@mail", "smtp://mail.site.dev"),
        *("nobody", ""),
        *("mysql://events:a/b@c@[/x", ""),
        *("http://redis", ""),
    )

    assert [each.partition(":")[0].partition(" must")[0] for each in complaints] == [
        *("An answer is required.", "Answer yes or no."),
        *("Enter the site’s host name, such as events.example.org.",) * 2,
        *(
            "An answer is required.",
            "EMAIL_URL",
            "'$' has a special meaning in this file; in a URL, write it as %24.",
        ),
        *("EMAIL_FROM", "DATABASE_URL", "REDIS_URL"),
    ]
    assert values["ALLOWED_ORIGINS"] == "https://events.site.dev"
    assert values["EMAIL_URL"] == "smtp://mail.site.dev"


def test_wrong_option_is_refused_with_its_name() -> None:
    with pytest.raises(ValueError, match=r"^--site: ALLOWED_ORIGINS: 'https://localhost' is this machine"):
        collect({**WITH_DOCKER, "site": "localhost"}, never, silent)


def test_every_option_answers_a_question() -> None:
    values = collect({**WITH_DOCKER, **SENDER}, never, silent)

    assert values.keys() == {
        *("SECRET_KEY", "JWT_SIGNING_KEY", "DB_PASSWORD", "REDIS_PASSWORD"),
        *("ALLOWED_HOSTS", "ALLOWED_ORIGINS", "EMAIL_URL", "EMAIL_FROM"),
    }


def test_site_without_docker_is_asked_for_its_servers() -> None:
    servers = {"database-url": "mysql://u:p@db/events", "redis-url": "rediss://:p@redis:6379/1"}

    values = collect({**WITH_DOCKER, **SENDER, "docker": "no", **servers}, never, silent)

    assert (values["DATABASE_URL"], values["REDIS_URL"]) == tuple(servers.values())
    assert (values["DEPLOYMENT"], values["TRUST_PROXY"]) == ("production", "true")
    assert {"DB_PASSWORD", "REDIS_PASSWORD"} & values.keys() == set()


def test_site_without_tls_is_reached_at_the_port_of_its_origin() -> None:
    values = collect({**WITH_DOCKER, **SENDER, "site": "http://localhost:8080"}, never, silent)

    assert values["ALLOWED_ORIGINS"] == "http://localhost:8080"
    assert (values["ALLOWED_HOSTS"], values["HTTPS"], values["HTTP_PORT"]) == ("localhost", "false", "8080")


def test_secrets_are_new_each_time_and_passwords_are_letters_and_digits() -> None:
    one, other = random_password(), random_password()

    assert one != other
    assert re.fullmatch(r"[A-Za-z0-9]{32}", one)


# What is written starts


@pytest.mark.parametrize("docker", ["yes", "no"])
def test_production_passes_the_deployment_checks_with_what_was_written(tmp_path: Path, docker: str) -> None:
    assert make_env(tmp_path, *options({**WITH_DOCKER, **SENDER, "docker": docker})).returncode == 0
    environment = {"PATH": os.environ["PATH"], "ENV_FILE": str(tmp_path / ".env")}
    if docker == "yes":
        environment |= composed_environment(variables_of((tmp_path / ".env").read_text()))
    # Instead of MySQL, whose client is not needed for tests.
    environment["DATABASE_URL"] = "sqlite:////dev/null/none"

    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr


def composed_environment(variables: dict[str, str]) -> dict[str, str]:
    """Return what docker-compose.yml gives each process of ours, with these variables of `.env`."""
    return {name: interpolated(text, variables) for name, text in COMPOSE["x-app"]["environment"].items()}


def test_answers_are_checked_with_what_compose_sets() -> None:
    variables = {name: f"«{name}»" for name in ("SECRET_KEY", "JWT_SIGNING_KEY", "DB_PASSWORD", "REDIS_PASSWORD")}
    variables |= {name: f"«{name}»" for name in ("ALLOWED_HOSTS", "ALLOWED_ORIGINS", "EMAIL_URL")}

    composed = composed_environment(variables)

    ours = {name: text.format_map(variables) for name, text in COMPOSED.items()}
    assert {name: text for name, text in composed.items() if name not in variables} == ours


def test_password_is_read_from_the_file_as_it_was_answered(tmp_path: Path) -> None:
    assert make_env(tmp_path, *options({**WITH_DOCKER, **SENDER, "docker": "no"})).returncode == 0

    variables = variables_of((tmp_path / ".env").read_text())
    read = settings_of(**variables)

    assert read["EMAIL_HOST_PASSWORD"] == "p/"
    assert read["DEFAULT_FROM_EMAIL"] == SENDER["email-from"]
    assert read["DATABASES"]["default"]["PASSWORD"] in variables["DATABASE_URL"]


def test_help_names_every_option(tmp_path: Path) -> None:
    done = make_env(tmp_path, "--help")

    assert done.returncode == 0, done.stderr
    assert [each.option for each in QUESTIONS if f"--{each.option}" not in done.stdout] == []


# Without settings


def test_other_commands_say_in_one_line_why_the_settings_are_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=BASE_DIR,
        env={"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, "DEPLOYMENT": "production"},
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("The settings are refused: SECRET_KEY must be set to a secret of at least 32 characters.\n")
