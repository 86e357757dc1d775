"""Define the fixtures of the whole suite, and how fixtures are named.

A name has one meaning in all tests; `tests/config/test_fixtures.py` compares the types:

- a person is a `User`, named after their role: `organiser`, `subscriber`, `stranger`, `admin_user`;
- a browser that is logged in as somebody is a `Client`: `organiser_client`, `admin_client`; `client` is anonymous;
- `make_event` and other names with `make_` are functions that make one more at each call;
- `at` is the time that a test passes in as the present one;
- `event` has nobody subscribed, `subscribed_event` has the subscriber, `event_with_subscribers` has two people;
- a server, a proxy or a deployment is named after what it is: `mail_server`, `tls_proxy`, `deployment`.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import create_user, open_api_session
from config.logs.lines import JsonLines
from config.web.stored_pages import STORE
from events.models import Event
from events.presentation.rail import public_day_counts
from events.services import create_event, subscribe
from tests.makers import Api, Logged, MakeEvent, MakeUser
from tools.stage.private_valkey import PrivateValkey

PASSWORD = "correct horse battery staple"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that reach the database of the tests. `make test-mysql` leaves out those that cannot.

    Files with live processes come first. They take long, and at the end one process would wait for the other's.
    """
    for item in items:
        if {"db", "transactional_db"} & {*getattr(item, "fixturenames", ())} or item.get_closest_marker("django_db"):
            item.add_marker("database")
    live = {item.path for item in items if item.get_closest_marker("live")}
    items.sort(key=lambda item: item.path not in live)


@pytest.fixture(autouse=True)
def _fast_and_unbuilt(settings: Settings) -> None:
    """Hash passwords cheaply, and serve static files from where they are, so that no test needs collectstatic."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _nothing_stored() -> None:
    """Begin each test without what another one has stored."""
    STORE.clear()
    public_day_counts.cache_clear()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Keep SQLite's test database in a file, because threads cannot share one in memory.

    Each process has its own folder. On MariaDB the suffix makes the name different for each process.
    """
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        database["TEST"]["NAME"] = str(Path(database["NAME"]).with_name("test.sqlite3"))


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[PrivateValkey]:
    """One Valkey for the session. Tests that stop or kill a server make their own `PrivateValkey`."""
    with PrivateValkey() as server:
        yield server


@pytest.fixture
def valkey(valkey_server: PrivateValkey, settings: Settings) -> PrivateValkey:
    """Point both channel layers at a running Valkey for the length of a test."""
    settings.CHANNEL_LAYERS = {
        alias: {**layer, "CONFIG": {"hosts": [{**layer["CONFIG"]["hosts"][0], "address": valkey_server.url}]}}
        for alias, layer in settings.CHANNEL_LAYERS.items()
    }
    return valkey_server


# People: one who posts an event, one who subscribes to it, and one who has nothing to do with it.


@pytest.fixture
def at() -> datetime:
    """The present moment in whole seconds, as the doorways pass it in."""
    return timezone.now().replace(microsecond=0)


@pytest.fixture
def make_user(db: None) -> MakeUser:
    """Sign up a user by a username alone."""

    def make(username: str, **options: Any) -> User:
        return create_user(username=username, email=f"{username}@example.org", password=PASSWORD, **options)

    return make


@pytest.fixture
def organiser(make_user: MakeUser) -> User:
    return make_user("organiser")


@pytest.fixture
def organiser_client(client: Client, organiser: User) -> Client:
    """A browser that is logged in as the organiser."""
    client.force_login(organiser)
    return client


@pytest.fixture
def subscriber(make_user: MakeUser) -> User:
    return make_user("subscriber")


@pytest.fixture
def stranger(make_user: MakeUser) -> User:
    return make_user("stranger")


@pytest.fixture
def subscriber_client(client: Client, subscriber: User) -> Client:
    """A browser that is logged in as the subscriber."""
    client.force_login(subscriber)
    return client


@pytest.fixture
def stranger_client(client: Client, stranger: User) -> Client:
    """A browser that is logged in as the stranger."""
    client.force_login(stranger)
    return client


@pytest.fixture
def admin_user(db: None) -> User:
    """The superuser that `admin_client` is logged in as; pytest-django's own has no username."""
    return User.objects.create_superuser(username="admin", email="admin@example.org", password=PASSWORD)


@pytest.fixture
def make_event(organiser: User, at: datetime) -> MakeEvent:
    """Post a public event of the organiser's that starts in two days, unless arguments say otherwise."""

    def make(**options: Any) -> Event:
        defaults: dict[str, Any] = {"actor": organiser, "at": at, "headline": "Concert", "state": Event.State.PUBLIC}
        return create_event(**defaults | {"starts_at": at + timedelta(days=2)} | options)

    return make


@pytest.fixture
def subscribed_event(make_event: MakeEvent, subscriber: User, at: datetime) -> Event:
    """Return a public event in Rome to which the subscriber has subscribed."""
    event = make_event(location="Rome")
    subscribe(event, actor=subscriber, at=at)
    return event


@pytest.fixture
def api(db: None) -> Api:
    """Make a client of the API that carries the user's access token; without a user, anonymous."""

    def make(user: User | None = None) -> APIClient:
        client = APIClient()
        if user:
            tokens = open_api_session(user, at=timezone.now())
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.access}")
        return client

    return make


@pytest.fixture
def log_lines(caplog: pytest.LogCaptureFixture) -> Iterator[Logged]:
    """Return what a logger has written, as the objects of its lines."""
    before = caplog.handler.formatter
    caplog.handler.setFormatter(JsonLines(secrets=["database-password"]))

    def read(logger: str) -> list[dict[str, Any]]:
        return [line for line in map(json.loads, caplog.text.splitlines()) if line["logger"] == logger]

    yield read
    caplog.handler.setFormatter(before)
