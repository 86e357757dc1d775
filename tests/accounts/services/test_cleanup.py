"""Test that expired sessions, logins and tokens are deleted."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from pytest_django import Settings
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.models import ApiSession, BrowserSession, User
from accounts.services import (
    cleanup,
    open_api_session,
    purge_sessions,
)
from tests.accounts.browsers import log_in_browser

SECOND = timedelta(seconds=1)


def test_purge_keeps_what_lives_and_removes_what_has_expired(organiser: User, at: datetime, settings: Settings) -> None:
    log_in_browser(organiser)
    Session.objects.update(expire_date=at)
    BrowserSession.objects.update(seen_at=at - timedelta(seconds=settings.SESSION_COOKIE_AGE, minutes=5))
    open_api_session(organiser, at=at)
    ApiSession.objects.update(seen_at=at - api_settings.REFRESH_TOKEN_LIFETIME)
    refresh_token = OutstandingToken.objects.get()
    BlacklistedToken.objects.create(token=refresh_token)
    OutstandingToken.objects.update(expires_at=at - timedelta(seconds=api_settings.LEEWAY))

    assert purge_sessions(at=at - SECOND) == 0
    assert purge_sessions(at=at) == 4
    assert purge_sessions(at=at) == 0
    assert not BlacklistedToken.objects.exists()


def test_purge_keeps_tokens_that_are_still_good(organiser: User, at: datetime) -> None:
    open_api_session(organiser, at=at)
    open_api_session(organiser, at=at)
    BlacklistedToken.objects.create(token=OutstandingToken.objects.earliest("pk"))
    expiry = OutstandingToken.objects.latest("pk").expires_at

    purge_sessions(at=expiry)

    assert (OutstandingToken.objects.count(), BlacklistedToken.objects.count()) == (2, 1)


def test_purge_of_tokens_is_bounded(organiser: User, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "PURGE_CHUNK", 2)
    for _ in range(3):
        open_api_session(organiser, at=at)
    ApiSession.objects.all().delete()
    later = at + timedelta(days=2)

    assert [purge_sessions(at=later) for _ in range(3)] == [2, 1, 0]


def test_purge_is_bounded(organiser: User, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "PURGE_CHUNK", 2)
    ApiSession.objects.bulk_create([ApiSession(user=organiser, created_at=at, seen_at=at) for _ in range(3)])
    later = at + api_settings.REFRESH_TOKEN_LIFETIME

    assert [purge_sessions(at=later) for _ in range(3)] == [2, 1, 0]


def test_purge_of_nothing_writes_nothing(organiser: User, at: datetime) -> None:
    def refuse(execute: Any, sql: str, *args: Any) -> Any:
        assert sql.startswith("SELECT")
        return execute(sql, *args)

    with connection.execute_wrapper(refuse):
        purge_sessions(at=at)
