"""Middleware that keeps the list of the browsers that somebody is logged in with."""

import logging
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.cache import cache
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponseBase

from accounts.devices import device_of
from accounts.exceptions import AccountLocked
from accounts.services import keep_browser_session, see_browser_session
from accounts.services.browser_sessions import ROW_KEY, SEEN_INTERVAL
from config.database import database_now

logger = logging.getLogger(__name__)

# A session in use is renewed once this part of its time has passed: of 30 days every seven hours.
RENEWED_AFTER = 0.01


class BrowserSessionMiddleware:
    """Give each login of a browser its row, wherever it happened: Django changes a session's key whenever somebody logs
    in or changes their password. Later requests of the session refresh the row, at most one every five minutes, and
    renew the session: it ends SESSION_COOKIE_AGE after its last use.

    Inside the session's middleware, which saves the row's id. Requests that asked for no session cost nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        previous_key = request.session.session_key
        response = self.get_response(request)
        # A failure may be the database's, and then the session cannot be read either.
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return response
        if request.session.accessed and SESSION_KEY in request.session:
            if request.session.session_key != previous_key:
                self._keep(request)
            elif ROW_KEY in request.session:
                self._see(request)
        return response

    def _keep(self, request: HttpRequest) -> None:
        _renew(request)
        try:
            request.session[ROW_KEY] = keep_browser_session(
                request.user,  # type: ignore[arg-type]  # a session with a user's key has a user
                session_key=str(request.session.session_key),
                known=request.session.get(ROW_KEY),
                device=device_of(request),
                at=database_now(),
            )
        except AccountLocked:
            request.session.flush()  # the account was locked before this session had a row that locking could end

    def _see(self, request: HttpRequest) -> None:
        pk = request.session[ROW_KEY]
        # Each process remembers for itself; the service asks the row.
        if not cache.add(f"browser-session-seen-{pk}", True, SEEN_INTERVAL.total_seconds()):
            return
        try:
            is_listed = see_browser_session(pk, device=device_of(request), at=database_now())
        except (OperationalError, InterfaceError) as error:  # the answer itself is ready
            logger.warning("browser session %d was seen, but not noted: %r", pk, error)
            return
        if not is_listed:
            request.session.flush()  # a login that its list cannot end
        elif request.session.get_expiry_age() < settings.SESSION_COOKIE_AGE * (1 - RENEWED_AFTER):
            _renew(request)


def _renew(request: HttpRequest) -> None:
    """Let the session live for SESSION_COOKIE_AGE from now on; its middleware saves it, and the cookie with it."""
    request.session.set_expiry(timedelta(seconds=settings.SESSION_COOKIE_AGE))
