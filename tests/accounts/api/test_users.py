"""Test what the API shows of one's own account and of other people, and what it lets them change."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import request_email_change
from tests.makers import Api, MakeUser
from tests.problems import assert_problem

ME = "/api/v1/users/me/"
USERS = "/api/v1/users/"


def test_own_account_is_shown(api: Api, organiser: User) -> None:
    response = api(organiser).get(ME)

    assert response.json() == {
        "id": organiser.pk,
        "username": "organiser",
        "email": "organiser@example.org",
        "pending_email": None,
        "time_zone": "UTC",
        "default_leads": [1440],
    }


def test_own_account_takes_the_queries_of_the_token_alone(
    api: Api, organiser: User, django_assert_num_queries: Any
) -> None:
    client = api(organiser)

    # The user with the API session.
    with django_assert_num_queries(1):
        client.get(ME)


def test_own_account_is_changed(api: Api, organiser: User) -> None:
    changes = {"username": "Ada", "time_zone": "Europe/Rome", "default_leads": [60, 1440]}

    response = api(organiser).patch(ME, changes)

    assert response.status_code == 200
    assert api(organiser).get(ME).json() == response.json()
    same = {"id": organiser.pk, "email": "organiser@example.org", "pending_email": None}
    assert response.json() == same | changes | {"username": "ada"}


def test_own_account_shows_the_address_that_waits(api: Api, organiser: User, at: datetime) -> None:
    request_email_change(organiser, email="new@example.org", at=at)

    shown = api(organiser).get(ME).json()

    assert (shown["email"], shown["pending_email"]) == ("organiser@example.org", "new@example.org")


def test_empty_change_changes_nothing(api: Api, organiser: User) -> None:
    assert api(organiser).patch(ME, {}).json() == api(organiser).get(ME).json()


@pytest.mark.parametrize(
    "name", ["id", "email", "pending_email", "is_staff", "is_superuser", "password", "is_active", "last_login"]
)
def test_change_of_what_is_not_ones_own_to_change_is_ignored(api: Api, organiser: User, name: str) -> None:
    before = User.objects.values().get()

    api(organiser).patch(ME, {name: "x"})

    assert User.objects.values().get() == before


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"username": "STRANGER"}, "username_taken", "username"),
        ({"username": "two words"}, "invalid", "username"),
        ({"username": None}, "invalid", "username"),
        ({"time_zone": "Mars/Olympus"}, "invalid", "time_zone"),
        ({"time_zone": ""}, "invalid", "time_zone"),
        ({"time_zone": ["UTC"]}, "invalid", "time_zone"),
        ({"default_leads": [-1]}, "invalid", "default_leads"),
        ({"default_leads": [1_000_000]}, "invalid", "default_leads"),
        ({"default_leads": [60, 60]}, "invalid", "default_leads"),
        ({"default_leads": "60"}, "invalid", "default_leads"),
        ({"default_leads": None}, "invalid", "default_leads"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_change_with_bad_input_is_refused_by_field(
    api: Api, organiser: User, stranger: User, given: dict[str, Any], code: str, field: str
) -> None:
    response = api(organiser).patch(ME, given)

    assert_problem(response, 400, code)
    assert list(response.json()["fields"]) == [field]


def test_deleted_account_is_locked_at_once(api: Api, client: Client, organiser: User) -> None:
    with_token = api(organiser)
    client.force_login(organiser)

    response = with_token.delete(ME)

    organiser.refresh_from_db()
    assert (response.status_code, response.content) == (204, b"")
    assert (organiser.is_active, organiser.deletion_requested_at is None) == (False, False)
    assert_problem(with_token.get(ME), 401, "invalid_token")
    assert_problem(client.get(ME), 401, "not_authenticated")


def test_others_are_shown_by_id_and_username_alone(api: Api, organiser: User, stranger: User) -> None:
    response = api(stranger).get(f"/api/v1/users/{organiser.pk}/")

    assert response.json() == {"id": organiser.pk, "username": "organiser"}


def test_locked_and_unknown_people_are_not_there(api: Api, organiser: User, stranger: User) -> None:
    User.objects.filter(pk=organiser.pk).update(is_active=False)

    for pk in (organiser.pk, 0, 10**30):
        assert_problem(api(stranger).get(f"/api/v1/users/{pk}/"), 404, "not_found")


def test_staff_list_everybody_by_pages(api: Api, admin_user: User, organiser: User, stranger: User) -> None:
    User.objects.filter(pk=stranger.pk).update(is_active=False)
    client = api(admin_user)

    first = client.get(f"{USERS}?page_size=1").json()
    second = client.get(first["next"]).json()

    assert first["results"] == [{"id": admin_user.pk, "username": "admin"}]
    assert (second["results"], second["next"]) == ([{"id": organiser.pk, "username": "organiser"}], None)


@pytest.mark.parametrize(
    ("q", "found"), [("GANI", ["organiser"]), ("%", []), ("example.org", []), ("", ["admin", "organiser"])]
)
def test_staff_find_people_by_username(api: Api, admin_user: User, organiser: User, q: str, found: list[str]) -> None:
    response = api(admin_user).get(USERS, {"q": q})

    assert [each["username"] for each in response.json()["results"]] == found


def test_list_of_people_takes_the_same_queries_for_one_and_three(
    api: Api, admin_user: User, make_user: MakeUser, django_assert_num_queries: Any
) -> None:
    client = api(admin_user)
    for name in ("one", "two"):
        with django_assert_num_queries(2):
            client.get(USERS)
        make_user(name)


def test_list_of_people_is_for_staff(api: Api, organiser: User) -> None:
    assert_problem(api(organiser).get(USERS), 403, "not_staff")
    assert_problem(api().get(USERS), 401, "not_authenticated")


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_anonymous_has_no_account(api: Api, method: str) -> None:
    assert_problem(getattr(api(), method)(ME), 401, "not_authenticated")


def test_anonymous_sees_nobody(api: Api, organiser: User) -> None:
    assert_problem(api().get(f"/api/v1/users/{organiser.pk}/"), 401, "not_authenticated")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "post"])
def test_others_cannot_be_changed(api: Api, organiser: User, stranger: User, method: str) -> None:
    response = getattr(api(stranger), method)(f"/api/v1/users/{organiser.pk}/", {"username": "x"})

    assert_problem(response, 405, "method_not_allowed")
