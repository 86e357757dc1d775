"""Test that email addresses and usernames are compared exactly, on SQLite and on MariaDB."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from unittest import mock

import pytest
from django.apps import apps
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.fields import IdentityCharField, IdentityEmailField
from accounts.identity import guessed_account
from accounts.mail import compose_account_mail
from accounts.models import AccountMail, User
from accounts.services import create_user, request_email_change, request_password_reset
from events.models import Event
from tests.conftest import PASSWORD
from tests.makers import Api, MakeEvent, MakeUser
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db

LOGIN, ADMIN_LOGIN, API_LOGIN = "/accounts/login/", "/admin/login/", "/api/v1/auth/login/"
SIGNUP, API_SIGNUP, CHANGE_EMAIL = "/accounts/signup/", "/api/v1/auth/signup/", "/accounts/email/"
EVENTS = "/api/v1/events/"
# What MariaDB's default collation or Python's NFKC considers equal to mail.owner@example.org.
MISSPELT = [
    "ma\u0131l.owner@example.org",
    "m\u00e4il.owner@example.org",
    "mai\u0301l.owner@example.org",
    "mail\u200b.owner@example.org",
    "mail.owner@exam\u00adple.org",
    "mail.owner@ex\u00e4mple.org",
    "\uff4dail.owner@example.org",
    "mail.owner@example\uff0eorg",
    "mail.owner\x00@example.org",
]
# Addresses that Django's pattern accepts, but that look like another one or are delivered to it.
TRAPS = [
    "adm\u0131n@example.org",
    "\u017fam@example.org",
    "ada@exa\u200bmple.org",
    "ada@exa\u00admple.org",
    "ada@\u2060example.org",
    "ada@\uff45xample.org",
    "ada@example\u3002org",
    "ada@stra\u00dfe.de",
    '"a\x01da"@example.org',
]


@pytest.fixture
def folded_user(make_user: MakeUser) -> User:
    """Return somebody with letters that collations fold; a superuser, so that they can log in to the admin as well."""
    user = make_user("mail.owner")
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    return user


def enter(path: str, email: str, password: str = PASSWORD, client: Client | None = None) -> bool:
    """Try to log in at one of the doorways; return whether that worked."""
    client = client or Client()
    if path == API_LOGIN:
        response = client.post(path, json.dumps({"email": email, "password": password}), "application/json")
        return response.status_code == 200
    client.post(f"{path}?next=/", {"username": email, "password": password})
    return "_auth_user_id" in client.session


# --------------------------------------------------------------------------------------------------- logging in


@pytest.mark.parametrize("path", [LOGIN, ADMIN_LOGIN, API_LOGIN])
@pytest.mark.parametrize("email", MISSPELT)
def test_misspelt_address_logs_nobody_in(folded_user: User, path: str, email: str) -> None:
    assert not enter(path, email)


@pytest.mark.parametrize("path", [LOGIN, ADMIN_LOGIN, API_LOGIN])
@pytest.mark.parametrize("email", ["mail.owner@example.org", "MAIL.Owner@Example.ORG", "  mail.owner@example.org "])
def test_address_in_any_case_and_with_spaces_around_logs_in(folded_user: User, path: str, email: str) -> None:
    assert enter(path, email)


@pytest.mark.parametrize("email", [*MISSPELT, "mail.owner@example.org "])
def test_misspelt_address_is_no_natural_key(folded_user: User, email: str) -> None:
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key(email)
    assert authenticate(username=email, password=PASSWORD) is None


@pytest.mark.parametrize("email", ["mail.owner@example.org", "nobody@example.org", MISSPELT[1], MISSPELT[3]])
def test_wrong_password_of_any_address_is_hashed_once(folded_user: User, email: str) -> None:
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    with mock.patch.object(MD5PasswordHasher, "encode", counted):
        assert not enter(API_LOGIN, email, "wrong")

    assert hashed == ["wrong"]


# --------------------------------------------------------------------------------------------- what counts together


def test_misspelt_tries_count_as_the_account_that_they_look_like() -> None:
    spellings = [*MISSPELT, "MAIL.OWNER@example.org", " mail.owner@example.org\t", "mail.owner@example.org"]

    assert {guessed_account(email) for email in spellings} == {"mail.owner@example.org"}
    assert guessed_account("another@example.org") != guessed_account("mail.owner@example.org")


# In two of the attempts the page's form finds no email address.
@pytest.mark.parametrize(("path", "refused"), [(LOGIN, 1), (API_LOGIN, 3)])
def test_limit_says_the_same_whether_or_not_the_address_has_an_account(
    client: Client, login_limit: Callable[[], None], make_user: MakeUser, path: str, refused: int
) -> None:
    tries = ["mail.owner@example.org", MISSPELT[1], MISSPELT[3], "mail.owner@example.org", MISSPELT[5]]

    def answers() -> list[tuple[int, bool]]:
        login_limit()
        given: list[Any] = [{"username": email, "email": email, "password": "wrong"} for email in tries]
        kind: dict[str, Any] = {"content_type": "application/json"} if path == API_LOGIN else {}
        responses = [client.post(path, each, **kind) for each in given]
        return [(response.status_code, "Retry-After" in response) for response in responses]

    without = answers()
    make_user("mail.owner")

    assert answers() == without
    assert [status for status, _ in without].count(429) == refused


def test_attempts_without_a_readable_email_are_not_counted_together(
    client: Client, login_limit: Callable[[], None]
) -> None:
    login_limit()

    answers = [client.post(LOGIN, {"username": "no address", "password": "x"}).status_code for _ in range(4)]

    assert answers == [200] * 4


def test_guesses_by_other_spellings_reach_no_password(
    client: Client, login_limit: Callable[[], None], folded_user: User
) -> None:
    login_limit()
    for _ in range(2):
        assert not enter(API_LOGIN, folded_user.email, "wrong", client)

    assert [email for email in [*MISSPELT, folded_user.email] if enter(API_LOGIN, email, PASSWORD, client)] == []


@pytest.fixture
def login_limit(settings: Settings) -> Callable[[], None]:
    """Allow two attempts an hour for an account, counted in this process. A call resets the count."""
    settings.RATELIMIT_ENABLE = True
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000/h") | {"login_by_account": "2/h"}
    settings.CACHES = {
        **settings.CACHES,
        "counters": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "login-limit"},
    }
    return caches["counters"].clear


# ------------------------------------------------------------------------------------------------------- look-ups


@pytest.mark.parametrize("email", MISSPELT[:6])
def test_reset_for_a_misspelt_address_mails_nobody_and_uses_up_no_other_mail(
    folded_user: User, settings: Settings, at: datetime, email: str
) -> None:
    settings.ACCOUNT_MAILS_PER_HOUR = 1

    request_password_reset(email, at=at)
    request_password_reset(folded_user.email, at=at)

    misspelt, right = (compose_account_mail(mail, at=at) for mail in AccountMail.objects.order_by("pk"))
    assert misspelt is None
    assert right is not None
    assert right.to == [folded_user.email]


@pytest.mark.parametrize("username", ["m\u0101il.owner", "ma\u0131l.owner", "mail.owner\u200b", "mail.owner "])
def test_misspelt_username_finds_no_organiser(
    client: Client, api: Api, folded_user: User, make_event: MakeEvent, username: str
) -> None:
    make_event(actor=folded_user)

    assert client.get(f"/people/{username}/").status_code == 404
    assert not User.objects.filter(username=username).exists()
    assert client.get("/people/Mail.Owner/").status_code == 200
    found = [api().get(EVENTS, {"author": each}).json()["results"] for each in ("MAIL.owner", "ma\u0131l.owner")]
    assert [len(each) for each in found] == [1, 0]


def test_addresses_that_collations_fold_are_two_accounts(folded_user: User, at: datetime) -> None:
    first = create_user(username="first", email="ada@exampl\u00e9.org", password="x")

    second = create_user(username="second", email="ada@example.org", password="x")

    assert User.objects.get(email="ada@exampl\u00e9.org") == first
    assert User.objects.get(email="ada@example.org") == second
    changed = request_email_change(folded_user, email="ada@\u00e9xample.org", at=at)
    assert changed.pending_email == "ada@\u00e9xample.org"


@pytest.mark.parametrize("name", ["username", "email"])
@pytest.mark.parametrize(
    "lookup", ["exact", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith"]
)
def test_every_lookup_takes_any_case(folded_user: User, name: str, lookup: str) -> None:
    assert User.objects.filter(**{f"{name}__{lookup}": getattr(folded_user, name).upper()}).get() == folded_user


@pytest.mark.parametrize("term", ["MAIL.OWNER@", "Mail.Owner"])
def test_admin_search_takes_any_case(admin_client: Client, folded_user: User, term: str) -> None:
    found = admin_client.get("/admin/accounts/user/", {"q": term}).context["cl"].queryset

    assert list(found) == [folded_user]


@pytest.mark.parametrize("invite", ["upper", "wide", "padded", "zero-width"])
def test_misspelt_invite_opens_nothing(client: Client, make_event: MakeEvent, invite: str) -> None:
    event = make_event(state=Event.State.PRIVATE)
    Event.objects.filter(pk=event.pk).update(invite_token="abcdef0123456789" * 2)
    token = "abcdef0123456789" * 2
    misspelt = {
        "upper": token.upper(),
        "wide": token.replace("a", "\uff41"),
        "padded": f"{token} ",
        "zero-width": f"{token[:4]}\u200b{token[4:]}",
    }[invite]

    assert client.get(f"/events/{event.pk}/", {"invite": misspelt}).status_code == 404
    assert client.get(f"/events/{event.pk}/", {"invite": token}).status_code == 200


# ------------------------------------------------------------------------------------------------------- the columns


@pytest.mark.skipif("connection.vendor != 'mysql'", reason="SQLite compares bytes by itself")
def test_columns_of_identity_have_a_binary_collation() -> None:
    fields = [
        field
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, IdentityCharField | IdentityEmailField)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = DATABASE() AND collation_name IN ('utf8mb4_nopad_bin', 'utf8mb4_0900_bin')"
        )
        binary = set(cursor.fetchall())

    named = {(field.model._meta.db_table, str(field.column)) for field in fields}
    assert {("accounts_user", "email"), ("accounts_user", "username"), ("accounts_accountmail", "address")} <= named
    assert named <= binary


def test_no_migration_is_missing_on_this_database() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


# ----------------------------------------------------------------------------------------------- what nobody can have


@pytest.mark.parametrize("email", TRAPS)
def test_signing_up_refuses_an_address_with_letters_that_mislead(client: Client, email: str) -> None:
    given = {"username": "ada", "email": email, "password": PASSWORD, "time_zone": "UTC"}

    page = client.post(SIGNUP, given)
    problem = client.post(API_SIGNUP, given, "application/json")

    assert "email" in page.context["form"].errors
    assert_problem(problem, 400, "invalid")
    assert set(problem.json()["fields"]) == {"email"}
    assert not User.objects.exists()


@pytest.mark.parametrize("email", TRAPS)
def test_new_address_with_letters_that_mislead_is_refused(client: Client, organiser: User, email: str) -> None:
    client.force_login(organiser)

    page = client.post(CHANGE_EMAIL, {"email": email, "password": PASSWORD})

    assert "email" in page.context["form"].errors
    assert User.objects.get().email == organiser.email


@pytest.mark.parametrize("email", TRAPS)
def test_admin_refuses_an_address_with_letters_that_mislead(admin_client: Client, email: str) -> None:
    given = {"username": "ada", "email": email, "password1": PASSWORD, "password2": PASSWORD}

    page = admin_client.post("/admin/accounts/user/add/", given)

    assert "email" in page.context["adminform"].form.errors


@pytest.mark.parametrize(
    "email",
    ["o'neil+x@example.org", "Ada@Example.org", "ada@m\u00fcnchen.de", "ada@xn--mnchen-3ya.de", "ada@\u4f8b\u3048.jp"],
)
def test_signing_up_takes_addresses_in_any_script(client: Client, email: str) -> None:
    given = {"username": "ada", "email": email, "password": PASSWORD}

    assert client.post(API_SIGNUP, given, "application/json").json()["email"] == email.lower()
    assert enter(LOGIN, email)


@pytest.mark.parametrize("username", [".", ".."])
def test_username_that_no_address_can_hold_is_refused_everywhere(
    client: Client, admin_client: Client, api: Api, organiser: User, username: str
) -> None:
    said = "Only letters, numbers and “_ . -” are allowed. “.” and “..” can’t be usernames."
    given = {"username": username, "email": "ada@example.org", "password": PASSWORD, "time_zone": "UTC"}
    passwords = {"password1": PASSWORD, "password2": PASSWORD}

    page = Client().post(SIGNUP, given)
    signed_up = client.post(API_SIGNUP, given, "application/json")
    added = admin_client.post("/admin/accounts/user/add/", given | passwords)
    client.force_login(organiser)
    profile = client.post("/accounts/profile/", {"username": username, "time_zone": "UTC"})
    changed = api(organiser).patch("/api/v1/users/me/", {"username": username})

    for errors in (page.context["form"].errors, added.context["adminform"].form.errors, profile.context["form"].errors):
        assert errors["username"] == [said]
    for problem in (signed_up, changed):
        assert_problem(problem, 400, "invalid")
        assert problem.json()["fields"]["username"] == [said]


@pytest.mark.parametrize("username", ["...", ".a", "a.", "-", "_", "..a"])
def test_any_other_username_has_a_page(client: Client, username: str) -> None:
    given = {"username": username, "email": "ada@example.org", "password": PASSWORD}
    assert client.post(API_SIGNUP, given, "application/json").status_code == 201

    assert client.get(f"/people/{username}/").status_code == 200


def test_person_with_a_name_from_before_logs_in_and_keeps_it_until_the_profile_is_saved(
    client: Client, make_event: MakeEvent
) -> None:
    person = create_user(username="..", email="dots@example.org", password=PASSWORD)
    event = make_event(actor=person)

    assert enter(LOGIN, person.email, client=client)
    assert client.get(f"/events/{event.pk}/").status_code == 200
    client.post("/accounts/profile/", {"username": "dots", "time_zone": "UTC"})

    assert client.get("/people/dots/").status_code == 200
