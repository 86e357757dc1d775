"""Test where the language of an account comes from and what it is used for."""

from datetime import datetime

import pytest
from django.core import mail as outbox
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import translation

from accounts.languages import in_language_of
from accounts.models import User
from accounts.services import change_password, create_user, request_password_reset
from notifications.mail.sender import send_mails
from tests.conftest import PASSWORD
from tests.makers import Api, MakeUser

GERMAN = {"Accept-Language": "de"}
ACCOUNT = {"email": "ada@example.org", "username": "ada", "password": PASSWORD, "time_zone": "UTC"}
LANGUAGE_AND_TIME = "/accounts/language-and-time/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def german_user(make_user: MakeUser) -> User:
    return make_user("greta", language="de")


def saved_language(user: User) -> str:
    return User.objects.values_list("language", flat=True).get(pk=user.pk)


def language_shown(client: Client) -> str:
    return client.get("/", headers={"Accept-Language": "en"})["Content-Language"]


# Where the language comes from


def test_signing_up_keeps_the_language_of_the_page(client: Client) -> None:
    client.post("/accounts/signup/", ACCOUNT, headers=GERMAN)

    assert User.objects.get().language == "de"


@pytest.mark.parametrize(("headers", "language"), [(GERMAN, "de"), ({"Accept-Language": "en"}, "en"), ({}, "")])
def test_signing_up_by_the_api_keeps_the_language_that_the_program_asks_for(
    api: Api, headers: dict[str, str], language: str
) -> None:
    account = {name: value for name, value in ACCOUNT.items() if name != "time_zone"}

    response = api().post("/api/v1/auth/signup/", account, headers=headers)

    assert (response.status_code, User.objects.get().language) == (201, language)
    assert list(response.json()) == ["id", "username", "email", "pending_email", "time_zone", "default_leads"]


def test_switch_is_remembered_with_the_account(client: Client, organiser: User) -> None:
    client.force_login(organiser)

    client.post("/accounts/language/", {"language": "de"})

    assert saved_language(organiser) == "de"


@pytest.mark.parametrize("language", ["", "fr", "tlh", "d" * 600])
def test_switch_to_a_language_that_is_none_leaves_the_account_as_it_is(
    client: Client, german_user: User, language: str
) -> None:
    client.force_login(german_user)

    assert client.post("/accounts/language/", {"language": language}).status_code == 302
    assert saved_language(german_user) == "de"


def test_settings_change_the_language_of_account_and_browser(client: Client, organiser: User) -> None:
    client.force_login(organiser)

    response = client.post(LANGUAGE_AND_TIME, {"time_zone": "UTC", "language": "de"})

    assert (response.status_code, saved_language(organiser), language_shown(client)) == (302, "de", "de")


def test_settings_refuse_a_language_that_the_pages_do_not_speak(client: Client, organiser: User) -> None:
    client.force_login(organiser)

    response = client.post(LANGUAGE_AND_TIME, {"time_zone": "UTC", "language": "tlh"})

    assert response.context["form"].errors["language"] == [
        "Select a valid choice. tlh is not one of the available choices."
    ]
    assert saved_language(organiser) == ""


def test_page_of_somebody_who_never_chose_offers_the_language_that_it_is_in(client: Client, organiser: User) -> None:
    client.force_login(organiser)

    assert client.get(LANGUAGE_AND_TIME, headers=GERMAN).context["form"]["language"].value() == "de"


# What the language is used for


def test_logging_in_brings_the_language_along(client: Client, german_user: User) -> None:
    client.post("/accounts/login/", {"username": german_user.email, "password": PASSWORD})

    assert language_shown(client) == "de"


def test_logging_in_changes_nothing_for_people_who_never_chose_a_language(client: Client, organiser: User) -> None:
    client.post("/accounts/login/", {"username": organiser.email, "password": PASSWORD})

    assert "language" not in client.cookies
    assert language_shown(client) == "en"


@pytest.mark.parametrize(("language", "inside"), [("de", "de"), ("", "en")])
def test_block_is_in_the_language_of_its_user_only(language: str, inside: str) -> None:
    with translation.override("de"):
        with in_language_of(User(language=language)):
            assert translation.get_language() == inside
        assert translation.get_language() == "de"


def mailed_language() -> list[str]:
    """Send the pending emails; return the language that each email's HTML declares."""
    send_mails()
    mails = [each for each in outbox.outbox if isinstance(each, EmailMultiAlternatives)]
    assert len(mails) == len(outbox.outbox)
    return [str(each.alternatives[0][0]).partition('lang="')[2][:2] for each in mails]


def test_mail_about_an_account_is_in_its_language(german_user: User, organiser: User, at: datetime) -> None:
    for user in (german_user, organiser):
        change_password(user, password=PASSWORD, at=at)

    assert mailed_language() == ["de", "en"]


def test_mail_to_an_address_is_in_the_language_of_whose_it_is(german_user: User, at: datetime) -> None:
    request_password_reset(german_user.email, at=at)

    assert mailed_language() == ["de"]


def test_language_is_written_by_the_service_that_makes_an_account(db: None) -> None:
    user = create_user(username="ada", email="ada@example.org", password=PASSWORD, language="de")

    assert saved_language(user) == "de"
