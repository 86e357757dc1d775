"""What `manage.py make_env` asks, and the variables that the answers set.

Each answer is checked by reading the settings with it, and refused with the line with which every process would refuse
to start.
"""

import os
import runpy
import secrets
import string
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.environment.env_file import check_value
from config.environment.origins import canonical, host_of, port_of
from config.environment.variables import FALSE, TRUE

BASE_DIR = Path(__file__).resolve().parents[2]
PASSWORD_LENGTH = 32
# What docker-compose.yml sets for every process of ours.
COMPOSED = {
    "DEPLOYMENT": "production",
    "DATABASE_URL": "mysql://events:{DB_PASSWORD}@db/events",
    "REDIS_URL": "redis://:{REDIS_PASSWORD}@redis:6379/0",
    "FEED_PORT": "",
    "TRUST_PROXY": "true",
    "METRICS_ADDRESS": "0.0.0.0",  # noqa: S104 - of each container
}
# Stand-ins for the answers that are still missing while one is checked.
_UNANSWERED = {
    "DEPLOYMENT": "production",
    "ALLOWED_HOSTS": "unanswered.invalid",
    "ALLOWED_ORIGINS": "https://unanswered.invalid",
    "DATABASE_URL": "mysql://unanswered.invalid/events",
    "REDIS_URL": "redis://unanswered.invalid",
    "EMAIL_URL": "smtp://unanswered.invalid",
}
Values = Mapping[str, str]


@dataclass(frozen=True)
class Question:
    """A question, and the option of the command that answers it.

    `values` returns the variables that an answer sets, and raises ValueError with the reason if it is a wrong one. An
    empty answer stands for `default()`; without a default there has to be an answer. `applies` returns whether the
    question is asked at all, given the variables that are set already.
    """

    option: str
    text: str
    values: Callable[[str], dict[str, str]]
    default: Callable[[], str] | None = None
    applies: Callable[[Values], bool] = lambda _values: True


def random_password() -> str:
    """Return letters and digits, which need no encoding in a URL."""
    alphabet = string.ascii_letters + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(PASSWORD_LENGTH))


def values_of_docker(answer: str) -> dict[str, str]:
    """Return what depends on whether the site runs with Docker. Compose sets the rest itself (`COMPOSED`)."""
    if answer.lower() not in TRUE | FALSE:
        raise ValueError("Answer yes or no.")
    if answer.lower() in TRUE:
        return {name: random_password() for name in ("DB_PASSWORD", "REDIS_PASSWORD")}
    return {"DEPLOYMENT": "production", "TRUST_PROXY": "true"}


def values_of_site(answer: str) -> dict[str, str]:
    """Return the hosts and origins of a site that is named by its host, or by an origin such as http://localhost."""
    try:
        origin = canonical(answer if "://" in answer else f"https://{answer}")
    except ValueError:
        raise ValueError("Enter the site’s host name, such as events.example.org.") from None
    values = {"ALLOWED_HOSTS": host_of(origin), "ALLOWED_ORIGINS": origin}
    return values if origin.startswith("https://") else {**values, "HTTPS": "false", "HTTP_PORT": port_of(origin)}


def runs_without_docker(values: Values) -> bool:
    return "DB_PASSWORD" not in values


QUESTIONS = [
    Question("docker", "Does the site run with Docker, yes or no?", values_of_docker),
    Question(
        "site",
        "The site’s host name, such as events.example.org; for trying it without TLS, an origin such as "
        "http://localhost:8080",
        values_of_site,
    ),
    Question(
        "email-url",
        "The mail server, such as smtp+tls://user:password@mail.example.org:587; in a password, write / as %2F",
        lambda answer: {"EMAIL_URL": answer},
    ),
    Question(
        "email-from",
        "The sender of emails, such as Event manager <events@example.org>; if empty, events@ at the site’s host",
        lambda answer: {"EMAIL_FROM": answer} if answer else {},
        default=lambda: "",
    ),
    Question(
        "database-url",
        "The database, as mysql://user:password@host/name; if empty, “events” at localhost with a random password",
        lambda answer: {"DATABASE_URL": answer},
        default=lambda: f"mysql://events:{random_password()}@localhost/events",
        applies=runs_without_docker,
    ),
    Question(
        "redis-url",
        "Redis or Valkey, as redis://:password@host:6379/0; if empty, localhost with a random password",
        lambda answer: {"REDIS_URL": answer},
        default=lambda: f"redis://:{random_password()}@localhost:6379/0",
        applies=runs_without_docker,
    ),
]


def collect(given: Mapping[str, str], ask: Callable[[Question], str], complain: Callable[[str], None]) -> Values:
    """Return the variables that all answers set, and new secrets.

    `given` has answers by option. The others are asked with `ask`, again after each wrong answer, whose reason goes to
    `complain`.

    Raises:
        ValueError: a given answer is wrong. The message names its option.
    """
    values = {name: secrets.token_urlsafe(48) for name in ("SECRET_KEY", "JWT_SIGNING_KEY")}
    for question in QUESTIONS:
        if not question.applies(values):
            continue
        if question.option in given:
            try:
                values |= checked(question, given[question.option], values)
            except ValueError as error:
                raise ValueError(f"--{question.option}: {error}") from None
        else:
            values |= _asked(question, values, ask, complain)
    return values


def _asked(
    question: Question, values: Values, ask: Callable[[Question], str], complain: Callable[[str], None]
) -> dict[str, str]:
    while True:
        try:
            return checked(question, ask(question), values)
        except ValueError as error:
            complain(str(error))


def checked(question: Question, answer: str, values: Values) -> dict[str, str]:
    """Return the variables that an answer sets beside `values`.

    Raises:
        ValueError: the answer is wrong. The message is the reason.
    """
    answer = answer.strip()
    if not answer:
        if question.default is None:
            raise ValueError("An answer is required.")
        answer = question.default()
    found = question.values(answer)
    for value in found.values():
        check_value(value)
    if reason := refusal_of({**values, **found}):
        raise ValueError(reason)
    return found


def refusal_of(values: Values) -> str:
    """Return the line with which production would refuse to start with these variables, or an empty string."""
    composed = {} if runs_without_docker(values) else {name: text.format_map(values) for name, text in COMPOSED.items()}
    with _environment({**_UNANSWERED, **values, **composed, "ENV_FILE": os.devnull}):
        try:
            runpy.run_path(str(BASE_DIR / "config" / "settings.py"))
        except ImproperlyConfigured as refusal:
            return str(refusal)
    return ""


@contextmanager
def _environment(variables: Values) -> Iterator[None]:
    """Let the settings read these variables and no others."""
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)
