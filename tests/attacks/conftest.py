"""Set up what the attacks need: an object of every kind, and a client for each role."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.test.client import ClientHandler

from accounts.models import ApiSession, BrowserSession, User
from accounts.services import open_api_session
from events.models import CalendarFeed, CalendarImport, Event, Subscription
from events.services import remove_subscriber, renew_feed, renew_invite, subscribe
from notifications.models import Notification
from tests.events.uploads import planned_import
from tests.makers import MakeEvent

# Each login and message changes the sessions. A login writes one more column, the time of the last login.
UNCOMPARED_TABLES = {"django_session"}
UNCOMPARED_COLUMNS = {"accounts_user": {"last_login"}}
# All share this one, because each would load all middleware again.
HANDLER = ClientHandler(enforce_csrf_checks=False)


@dataclass(frozen=True)
class Stage:
    """`events` by state: all of the organiser's. The subscriber subscribed to the public and the private one before
    their invites were renewed; staff was removed from each.
    """

    events: dict[str, Event]
    subscription: Subscription
    notification: Notification
    # The subscriber's.
    calendar_feed: CalendarFeed
    # Of the subscriber, on other devices.
    api_session: ApiSession
    browser_session: BrowserSession
    # Of the subscriber, not confirmed yet.
    calendar_import: CalendarImport
    people: dict[str, User | None]
    clients: dict[str, Client]
    # The Authorization headers of those who have logged in over the API.
    tokens: dict[str, str]


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    """Turn logging off: thousands of refusals would be formatted for three handlers, many with a traceback."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def stage(
    organiser: User,
    subscriber: User,
    stranger: User,
    admin_user: User,
    make_event: MakeEvent,
    at: datetime,
) -> Stage:
    events = {state: make_event(state=state, headline=f"A {state} evening") for state in ("public", "private", "draft")}
    subscribe(events["private"], actor=subscriber, at=at, leads=[60])
    subscription = subscribe(events["public"], actor=subscriber, at=at, leads=[60])
    for event in events.values():
        renew_invite(event, actor=organiser)
        remove_subscriber(event, actor=organiser, user_id=admin_user.pk, at=at)
    notification = Notification.objects.create(
        recipient=subscriber,
        event=events["public"],
        kind=Notification.Kind.REMINDER,
        headline="A public evening",
        starts_at=at,
        time_zone="UTC",
        lead=60,
        source="test:1",
        created_at=at,
    )
    people = {
        "anonymous": None,
        "stranger": stranger,
        "subscriber": subscriber,
        "organiser": organiser,
        "staff": admin_user,
    }
    clients = {}
    for role, person in people.items():
        clients[role] = attacker()
        if person:
            clients[role].force_login(person)
    elsewhere = Client()
    elsewhere.force_login(subscriber)
    assert elsewhere.session.session_key
    login = {"user": subscriber, "created_at": at, "seen_at": at}
    browser_session = BrowserSession.objects.create(**login, session_key=elsewhere.session.session_key)
    api_session = ApiSession.objects.create(**login)
    tokens = {role: f"Bearer {open_api_session(person, at=at).access}" for role, person in people.items() if person}
    feed = renew_feed(subscriber, at=at)
    calendar_import = planned_import(subscriber, at=at)
    return Stage(
        events,
        subscription,
        notification,
        feed,
        api_session,
        browser_session,
        calendar_import,
        people,
        clients,
        tokens,
    )


def attacker(cookies: SimpleCookie | None = None, token: str | None = None) -> Client:
    """Return a client that returns a page of status 500 instead of raising, so that tests can judge it."""
    client = Client(raise_request_exception=False, headers={"authorization": token} if token else None)
    client.handler = HANDLER
    if cookies:
        client.cookies.update(cookies)
    return client


def tables() -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table that is compared."""
    dump = {}
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if table not in UNCOMPARED_TABLES:
            columns = [str(field.column) for field in model._meta.concrete_fields]
            compared = [name for name in columns if name not in UNCOMPARED_COLUMNS.get(table, set())]
            quote = connection.ops.quote_name
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {', '.join(map(quote, compared))} FROM {quote(table)} ORDER BY 1")  # noqa: S608 - names of our own tables
                dump[table] = cursor.fetchall()
    return dump


class Writes:
    """Records whether a statement could have written, so that tables aren't compared after reads only."""

    def __init__(self) -> None:
        self.any = False

    def __call__(self, execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        self.any |= sql.split(None, 1)[0].upper() not in {"SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK"}
        return execute(sql, *arguments)


@contextmanager
def undone() -> Iterator[Writes]:
    """Roll back everything that is written inside."""
    writes = Writes()
    with transaction.atomic(), connection.execute_wrapper(writes):
        yield writes
        transaction.set_rollback(True)
