"""Fixtures of the whole suite."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.private_valkey import PrivateValkey


@pytest.fixture(autouse=True)
def _fast_and_unbuilt(settings: Settings) -> None:
    """Hash passwords cheaply, and serve static files as they lie: no test needs collectstatic."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


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
