"""Middleware that gives requests their time and time zone, and maintains the list of browsers that are logged in."""

import functools
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware as DjangoAuthenticationMiddleware
from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from rest_framework.permissions import SAFE_METHODS

from accounts.exceptions import AccountSuspended
from accounts.models import User
from accounts.requests import ReaderRequest, device_of
from accounts.services import keep_browser_session, see_browser_session
from accounts.services.browser_sessions import ROW_KEY, SEEN_INTERVAL
from accounts.zones import zone_of
from config.database import database_now
from config.logs import context

logger = logging.getLogger(__name__)

# A session in use is renewed once this fraction of its lifetime has passed: every seven hours if it is 30 days.
RENEWED_AFTER = 0.01


class AuthenticationMiddleware(DjangoAuthenticationMiddleware):
    """Log whose session a request has, from the moment that anything asks for its user."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(functools.partial(_identified_user, request))  # type: ignore[assignment]  # as Django's own is


def _identified_user(request: HttpRequest) -> User | AnonymousUser:
    user = get_user(request)
    if isinstance(user, User):
        context.identify(user.pk)
    return user


class TimeMiddleware:
    """Set `at` and `zone` of each request, as `ReaderRequest` describes them.

    Both are callables, so that a request that needs neither issues no query for the time or the user.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: ReaderRequest) -> HttpResponseBase:
        request.at = functools.cache(functools.partial(_time_of, request))
        request.zone = functools.partial(_zone_of, request)
        return self.get_response(request)


def _time_of(request: HttpRequest) -> datetime:
    return timezone.now() if request.method in SAFE_METHODS else database_now()


def _zone_of(request: HttpRequest) -> ZoneInfo | None:
    return zone_of(request.user.time_zone) if isinstance(request.user, User) else None


class BrowserSessionMiddleware:
    """Record each login of a browser in a row, whichever page logs in.

    A login is recognised by its new session key, because Django changes the key whenever somebody logs in or changes
    their password. Later requests of the session refresh the row, at most once every five minutes, and renew the
    session, so that it ends SESSION_COOKIE_AGE after its last use.

    This middleware must be inside the session's, which saves the row's id, and inside TimeMiddleware. It issues no
    query for requests that do not access the session.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: ReaderRequest) -> HttpResponseBase:
        previous_key = request.session.session_key
        response = self.get_response(request)
        # The database may be the cause of the error, and then the session cannot be read either.
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return response
        if request.session.accessed and SESSION_KEY in request.session:
            if request.session.session_key != previous_key:
                self._keep(request)
            elif ROW_KEY in request.session:
                self._see(request)
        return response

    def _keep(self, request: ReaderRequest) -> None:
        _renew(request)
        context.identify(int(request.session[SESSION_KEY]))
        try:
            request.session[ROW_KEY] = keep_browser_session(
                request.user,  # type: ignore[arg-type]  # a session with a user's key has a user
                session_key=str(request.session.session_key),
                known=request.session.get(ROW_KEY),
                device=device_of(request),
                at=_database_time(request),
            )
        except AccountSuspended:
            request.session.flush()  # the account was suspended before this session had a row

    def _see(self, request: ReaderRequest) -> None:
        pk = request.session[ROW_KEY]
        # This cache belongs to one process, so the service checks the row as well.
        if not cache.add(f"browser-session-seen-{pk}", True, SEEN_INTERVAL.total_seconds()):
            return
        try:
            is_listed = see_browser_session(pk, device=device_of(request), at=_database_time(request))
        except (OperationalError, InterfaceError) as error:  # the response is ready nevertheless
            logger.warning("could not record that browser session %d is in use: %r", pk, error)
            return
        if not is_listed:
            request.session.flush()  # without a row, nobody could end this login from the list
        elif request.session.get_expiry_age() < settings.SESSION_COOKIE_AGE * (1 - RENEWED_AFTER):
            _renew(request)


def _database_time(request: ReaderRequest) -> datetime:
    """Return the time of the database's clock: the request's, if it comes from there."""
    return database_now() if request.method in SAFE_METHODS else request.at()


def _renew(request: HttpRequest) -> None:
    """Extend the session to SESSION_COOKIE_AGE from now. The session's middleware saves it and renews the cookie."""
    request.session.set_expiry(timedelta(seconds=settings.SESSION_COOKIE_AGE))
