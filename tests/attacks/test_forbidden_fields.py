"""Test that fields which nobody may set keep their values when they are sent along with a write."""

from typing import Any

import pytest
from django.db.models import Model

from accounts.models import User
from events.models import Event
from tests.attacks.conftest import Stage
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

LONG_AGO = "2001-01-01T00:00:00Z"
OF_EVENTS: dict[str, Any] = {
    "id": 987_654,
    "pk": 987_654,
    "author_id": 1,
    "subscriber_count": 77,
    "invite_token": "f" * 32,
    "notified_at": LONG_AGO,
    "cancelled_at": LONG_AGO,
    "deleted_at": LONG_AGO,
    "created_at": LONG_AGO,
    "over_at": LONG_AGO,
    "uid_digest": "f" * 64,
    "rearm_cursor": 77,
}
OF_USERS: dict[str, Any] = {
    "id": 987_654,
    "pk": 987_654,
    "is_staff": True,
    "is_superuser": True,
    "is_active": False,
    "email_verified_at": LONG_AGO,
    "pending_email": "gotcha@example.org",
    "pending_email_at": LONG_AGO,
    "deletion_requested_at": LONG_AGO,
    "date_joined": LONG_AGO,
    "last_login": LONG_AGO,
    "first_name": "Gotcha",
    "groups": [1],
    "user_permissions": [1],
    "password": "gotcha gotcha gotcha",
}
# One's own email address is among them, because changing it needs the password, on another route.
OF_PROFILES = OF_USERS | {"email": "gotcha@example.org"}
FORM = {
    "headline": "Changed",
    "start_date": "2030-05-01",
    "start_time": "10:00",
    "time_zone": "UTC",
    "state": "public",
}
JSON = {"headline": "Changed", "starts_at": "2030-05-01T10:00:00Z", "state": "public"}
DERIVED = {"over_at", "rearm_cursor", "pk", "groups", "user_permissions"}


def kept(row: Model, names: dict[str, Any]) -> dict[str, Any]:
    """Return these columns of a row from the database, without names that are no column or that depend on others."""
    row.refresh_from_db()
    return {name: getattr(row, name) for name in names if name not in DERIVED}


def forbidden_of_events(stage: Stage) -> dict[str, Any]:
    stranger = stage.people["stranger"]
    assert stranger
    return OF_EVENTS | {"author": stranger.pk, "author_id": stranger.pk}


@pytest.mark.parametrize("method", ["put", "patch", "post"])
def test_editing_an_event_keeps_what_nobody_sets(stage: Stage, method: str) -> None:
    event, client, forbidden = stage.events["public"], stage.clients["organiser"], forbidden_of_events(stage)
    before, revision = kept(event, forbidden), event.revision

    if method == "post":
        response = client.post(f"/events/{event.pk}/edit/", FORM | forbidden | {"revision": event.revision})
    else:
        sent = JSON | forbidden | {"revision": 55}
        response = getattr(client, method)(f"/api/v1/events/{event.pk}/", sent, content_type="application/json")

    assert response.status_code == (302 if method == "post" else 200)
    assert kept(event, forbidden) == before
    assert (event.headline, event.revision, event.over_at.year) == ("Changed", revision + 1, 2030)
    assert event.rearm_cursor is None  # subscribers are told of the new start, which re-arms


@pytest.mark.parametrize("door", ["page", "api"])
def test_posting_an_event_sets_what_nobody_sets_itself(stage: Stage, organiser: User, door: str) -> None:
    client, forbidden = stage.clients["organiser"], forbidden_of_events(stage) | {"revision": 55}

    if door == "page":
        client.post("/events/new/", FORM | forbidden)
    else:
        client.post("/api/v1/events/", JSON | forbidden, content_type="application/json")

    event = Event.objects.get(headline="Changed")
    assert (event.author_id, event.subscriber_count, event.revision, event.over_at.year) == (organiser.pk, 0, 0, 2030)
    nulls = [event.notified_at, event.cancelled_at, event.deleted_at, event.uid_digest, event.rearm_cursor]
    assert nulls == [None] * 5
    assert event.pk != forbidden["id"]
    assert event.invite_token != forbidden["invite_token"]
    assert event.created_at.year != 2001


@pytest.mark.parametrize("door", ["page", "api"])
def test_a_profile_keeps_what_nobody_sets(stage: Stage, stranger: User, door: str) -> None:
    client, before = stage.clients["stranger"], kept(stranger, OF_PROFILES)
    sent = {"username": "changed", "time_zone": "Europe/Rome"} | OF_PROFILES

    if door == "page":
        response = client.post("/accounts/profile/", sent)
    else:
        response = client.patch("/api/v1/users/me/", sent, content_type="application/json")

    assert response.status_code == (302 if door == "page" else 200)
    assert kept(stranger, OF_PROFILES) == before
    assert stranger.username == "changed"


@pytest.mark.parametrize("door", ["page", "api"])
def test_signing_up_makes_an_ordinary_user(stage: Stage, door: str) -> None:
    account = {"username": "newcomer", "email": "newcomer@example.org", "time_zone": "UTC"}
    sent, client = OF_USERS | account | {"password": PASSWORD}, stage.clients["anonymous"]

    if door == "page":
        client.post("/accounts/signup/", sent)
    else:
        client.post("/api/v1/auth/signup/", sent, content_type="application/json")

    user = User.objects.get(username="newcomer")
    assert (user.is_staff, user.is_superuser, user.is_active, user.first_name) == (False, False, True, "")
    assert (user.email_verified_at, user.deletion_requested_at) == (None, None)
    assert user.pk != OF_USERS["id"]
    assert user.date_joined.year != 2001


def test_a_subscription_keeps_what_nobody_sets(stage: Stage, stranger: User) -> None:
    row, client = stage.subscription, stage.clients["subscriber"]
    forbidden = {
        "id": 987_654,
        "user": stranger.pk,
        "user_id": stranger.pk,
        "event": stage.events["draft"].pk,
        "event_id": stage.events["draft"].pk,
        "created_at": LONG_AGO,
    }
    before = kept(row, forbidden)

    sent = {"leads": [30]} | forbidden
    response = client.patch(f"/api/v1/subscriptions/{row.pk}/", sent, content_type="application/json")

    assert (response.status_code, response.json()["leads"]) == (200, [30])
    assert kept(row, forbidden) == before
