"""Test that contradictory settings are refused, each in one line that says how to fix it."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from honcho.environ import parse_procfile

from tests.config.production import refusal_of, settings_of, start, surroundings
from tools.stage.paths import BASE_DIR
from tools.stage.ports import free_port

# ----------------------------------------------------------------------------------------------------- what contradicts


@pytest.mark.parametrize("name", ["ALLOWED_ORIGINS", "CORS_ALLOWED_ORIGINS"])
@pytest.mark.parametrize(
    ("origin", "right"),
    [
        ("https://events.example.org/", "https://events.example.org"),
        ("https://events.example.org/events/", "https://events.example.org"),
        ("https://Events.example.org", "https://events.example.org"),
        ("https://events.example.org:443", "https://events.example.org"),
        ("https://ada@events.example.org", "https://events.example.org"),
        ("HTTPS://events.example.org:8443?x=1", "https://events.example.org:8443"),
        ("https://ävents.example.org", "https://xn--vents-fra.example.org"),
    ],
)
def test_origin_is_written_as_browsers_send_it(name: str, origin: str, right: str) -> None:
    assert refusal_of(**{name: origin}) == f"{name}: write {right!r} instead of {origin!r}, as browsers do."


@pytest.mark.parametrize("name", ["ALLOWED_ORIGINS", "CORS_ALLOWED_ORIGINS"])
@pytest.mark.parametrize(
    "origin",
    [
        "events.example.org",
        "*",
        "null",
        "https://*.example.org",
        "https://",
        "https://h:x",
        "ftp://h",
        "//h",
        "https://[",
        "a:1",
    ],
)
def test_what_is_no_origin_is_refused(name: str, origin: str) -> None:
    assert refusal_of(**{name: f"https://events.example.org,{origin}"}) == (
        f"{name}: {origin!r} is not an origin; write scheme, host and port, such as https://events.example.org."
    )


@pytest.mark.parametrize("host", ["https://events.example.org", "events.example.org:443", "events.example.org/", "a b"])
def test_what_is_no_host_name_is_refused(host: str) -> None:
    assert refusal_of(ALLOWED_HOSTS=host) == (
        f"ALLOWED_HOSTS: {host!r} is not a host name; write it without scheme, port and path."
    )


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        (
            {"ALLOWED_ORIGINS": "https://events.example.org,http://events.example.org"},
            "ALLOWED_ORIGINS: 'http://events.example.org' must begin with https:// while HTTPS is true.",
        ),
        ({"HTTPS": "false"}, "HTTPS must be true while ALLOWED_ORIGINS has 'https://events.example.org'."),
        (
            {"ALLOWED_HOSTS": "example.org"},
            "ALLOWED_ORIGINS: 'https://events.example.org' needs its host in ALLOWED_HOSTS: add 'events.example.org'.",
        ),
        (
            {"ALLOWED_HOSTS": "*"},
            "ALLOWED_HOSTS must name the site's hosts in production: '*' would accept any host.",
        ),
        *(
            (
                {"ALLOWED_ORIGINS": f"https://{host}:8443", "ALLOWED_HOSTS": host},
                f"ALLOWED_ORIGINS: 'https://{host}:8443' is this machine; name the site's own host, or set "
                "HTTPS=false to try it.",
            )
            for host in ("localhost", "events.localhost", "127.0.0.1", "[::1]")
        ),
        ({"DEBUG": "true"}, "DEBUG must be false in production: error pages would show code and settings."),
        (
            {"FEED_PORT": "8001"},
            "FEED_PORT must be empty in production with HTTPS: the feed speaks plain http, and a proxy serves it "
            "at the origin of the pages.",
        ),
        *(
            (
                {"EMAIL_URL": url},
                "EMAIL_URL must name a mail server in production, such as smtp+tls://user:password@host.",
            )
            for url in ("missing", "", "consolemail://", "filemail:///tmp", "memorymail://", "dummymail://")
        ),
        (
            {"HTTPS": "false", "HSTS_SECONDS": "60", "ALLOWED_ORIGINS": "http://events.example.org"},
            "HSTS_SECONDS must be 0 while HTTPS is false: browsers would insist on https.",
        ),
    ],
)
def test_production_refuses_what_contradicts_it(changes: dict[str, str], refusal: str) -> None:
    assert refusal_of(**changes) == refusal


@pytest.mark.parametrize(
    "domain", ["localhost", "mail.localhost", "example.org", "events.example.com", "a.test", "x.invalid"]
)
def test_production_refuses_a_sender_at_a_domain_of_nobody(domain: str) -> None:
    assert refusal_of(EMAIL_FROM=f"Event manager <events@{domain}>") == (
        f"EMAIL_FROM must be at your own domain in production, not at {domain!r}."
    )


@pytest.mark.parametrize("kind", ["production", "embedded"])
@pytest.mark.parametrize(
    "sender",
    ["events", "events@", "@host.net", "Events events@host.net", "a@host.net, b@host.net", "a, b <a@host.net>"],
)
def test_sender_that_is_no_address_is_refused(sender: str, kind: str) -> None:
    assert refusal_of(EMAIL_FROM=sender, DEPLOYMENT=kind) == (
        f"EMAIL_FROM must be one email address, such as 'Event manager <events@your.domain>', not {sender!r}."
    )


def test_sender_of_production_is_at_the_host_of_the_pages_where_none_is_set() -> None:
    assert settings_of()["DEFAULT_FROM_EMAIL"] == "Event manager <events@events.example.org>"


TRIAL = {
    "HTTPS": "false",
    "ALLOWED_HOSTS": "localhost",
    "ALLOWED_ORIGINS": "http://localhost:8080",
    "EMAIL_URL": "consolemail://",
}


@pytest.mark.parametrize(
    "changes",
    [
        TRIAL,
        {
            "ALLOWED_HOSTS": ".example.org, [2001:db8::1]",
            "ALLOWED_ORIGINS": "https://a.example.org, https://[2001:db8::1]:8443",
        },
        {"EMAIL_FROM": '"Events, all of them" <events@mail.your-events.net>', "TRUST_PROXY": "yes"},
        {"CORS_ALLOWED_ORIGINS": "http://localhost:3000,https://app.example.org", "HSTS_SECONDS": "0"},
        {"DEFAULT_REMINDER_LEADS_MINUTES": "", "SESSION_DAYS": "", "HTTPS": "", "LOG_LEVEL": ""},
        {"DEPLOYMENT": "embedded", "ALLOWED_HOSTS": "*", "DEBUG": "true"},
        {"DEPLOYMENT": "embedded", "HTTPS": "true", "FEED_PORT": "8001"},
    ],
)
def test_settings_that_do_not_contradict_each_other_start(tmp_path: Path, changes: dict[str, str]) -> None:
    own_folder = {"VAR_DIR": str(tmp_path)}

    assert settings_of(**own_folder, **changes)["ROOT_URLCONF"] == "config.urls"


@pytest.mark.live
@pytest.mark.parametrize("part", ["web", "feed"])
def test_servers_refuse_to_start_too(part: str) -> None:
    """Neither runs Django's system checks."""
    command = parse_procfile((BASE_DIR / "Procfile").read_text()).processes[part]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ports = {"PORT": str(free_port()), "FEED_PORT": str(free_port()) if part == "feed" else ""}

    done = subprocess.run(
        ["sh", "-c", command],
        cwd=BASE_DIR,
        env=surroundings(ALLOWED_HOSTS="*", PATH=path, **ports),
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode != 0
    assert "ALLOWED_HOSTS must name the site's hosts in production" in done.stdout + done.stderr


# ---------------------------------------------------------------------------------------------------- numbers and words

LEAST = {
    "SESSION_DAYS": 1,
    "HSTS_SECONDS": 0,
    "DB_CONN_MAX_AGE_SECONDS": 0,
    "DB_READ_TIMEOUT_SECONDS": 0,
    "EMAIL_TIMEOUT_SECONDS": 1,
    "EMAIL_ESCALATION_MINUTES": 0,
    "NOTIFICATION_SWEEP_SECONDS": 0.1,
    "ANNOUNCEMENT_MERGE_SECONDS": 0,
    "ANNOUNCEMENTS_PER_HOUR": 0,
    "FEED_POSITION_CHECK_SECONDS": 0.1,
    "FEED_MAX_SOCKETS_PER_USER": 1,
    "FEED_MAX_SOCKETS_PER_ADDRESS": 1,
    "FEED_MAX_FRAMES": 1,
    "MAX_EVENTS_PER_USER": 0,
    "MAX_SUBSCRIPTIONS_PER_USER": 0,
    "DEFAULT_REMINDER_LEADS_MINUTES": 0,
    "ALL_DAY_REMINDER_HOUR": 0,
}
MOST = {
    "SESSION_DAYS": 3650,
    "EMAIL_ESCALATION_MINUTES": 10080,
    "NOTIFICATION_SWEEP_SECONDS": 30,
    "ANNOUNCEMENT_MERGE_SECONDS": 3600,
    "FEED_POSITION_CHECK_SECONDS": 3600,
    "DEFAULT_REMINDER_LEADS_MINUTES": 43200,
    "ALL_DAY_REMINDER_HOUR": 23,
}


@pytest.mark.parametrize("name", LEAST)
def test_number_that_is_too_small_or_none_is_refused(name: str) -> None:
    kind = "a number of seconds" if isinstance(LEAST[name], float) else "a whole number"

    for value in ("-1", str(math.ceil(LEAST[name]) - 1)):
        assert refusal_of(**{name: value}) == f"{name} must be {LEAST[name]} or more."
    assert refusal_of(**{name: "nan"}) == f"{name} must be {kind}, not 'nan'."


@pytest.mark.parametrize("name", MOST)
def test_number_that_is_too_large_is_refused(name: str) -> None:
    assert refusal_of(**{name: str(MOST[name] + 1)}) == f"{name} must be {MOST[name]} or less."


def test_leads_that_nobody_could_choose_are_refused() -> None:
    refusal = "DEFAULT_REMINDER_LEADS_MINUTES must name at most 10 numbers, none of them twice."

    assert refusal_of(DEFAULT_REMINDER_LEADS_MINUTES="60, 60") == refusal
    assert refusal_of(DEFAULT_REMINDER_LEADS_MINUTES=",".join(map(str, range(1, 12)))) == refusal


@pytest.mark.parametrize("name", ["DEBUG", "HTTPS", "TRUST_PROXY", "RATE_LIMIT_ENABLED"])
def test_word_that_is_neither_yes_nor_no_is_refused(name: str) -> None:
    assert refusal_of(**{name: "ture"}) == f"{name} must be true or false, not 'ture'."


def test_unknown_log_level_is_refused() -> None:
    assert refusal_of(LOG_LEVEL="loud") == "LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, not 'loud'."


# ------------------------------------------------------------------------------------------------- addresses of servers


@pytest.mark.parametrize(
    ("name", "url"),
    [
        *(("REDIS_URL", url) for url in ("redis://:hu/sh@redis", "http://:hush@redis", "rediss://:hush@redis:x")),
        *(("EMAIL_URL", url) for url in ("smtp://me:hu/sh@mail", "http://me:hush@mail", "mail.host")),
        ("DATABASE_URL", "mysql://me:hu/sh@db/events"),
    ],
)
def test_url_that_cannot_be_parsed_is_refused_without_showing_its_password(name: str, url: str) -> None:
    done = start("-c", "import config.settings", **{name: url})

    assert done.stderr.splitlines()[-1].startswith(f"django.core.exceptions.ImproperlyConfigured: {name} must be ")
    assert "'hu" not in done.stderr
    assert "hush" not in done.stderr


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("redis://redis/main", "REDIS_URL must end in the number of a database, such as /0, or in no path at all."),
        ("redis://redis?ssl_cert_reqs=none", "REDIS_URL must be rediss:// to have ssl_ options."),
        ("rediss://redis?ssl_cert_reqs=no", "REDIS_URL: ssl_cert_reqs must be required, optional or none."),
        (
            "rediss://redis?ssl_ca_certs=/gone.pem",
            "REDIS_URL: ssl_ca_certs must name a file, but '/gone.pem' is not a file.",
        ),
    ],
)
def test_unusable_part_of_the_redis_url_is_refused(url: str, refusal: str) -> None:
    assert refusal_of(REDIS_URL=url) == refusal
