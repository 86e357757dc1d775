"""Test the settings: the frame around their sections, and the sections that change the account itself."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import AccountMail, User
from accounts.services import request_email_change
from tests.accounts.addresses import token_of
from tests.pages import html_of, main_text, messages_of, words

SETTINGS, PROFILE, REMINDERS, LANGUAGE, DATA = (
    f"/accounts/{name}/" for name in ("settings", "profile", "reminders", "language-and-time", "data")
)
NOTIFICATIONS, CALENDAR, DEVICES, DELETE = (
    "/notifications/preferences/",
    "/accounts/calendar/",
    "/accounts/sessions/",
    "/accounts/delete/",
)
SECTIONS = {
    PROFILE: "Profile",
    REMINDERS: "Reminders",
    NOTIFICATIONS: "Notifications",
    CALENDAR: "Calendar link",
    DEVICES: "Devices and password",
    LANGUAGE: "Language and time zone",
    DATA: "Your data",
    DELETE: "Delete account",
}
# What the profile page of earlier versions sent, with the inputs of what are sections of their own now.
WHOLE = {
    "username": "renamed",
    "time_zone": "Asia/Tokyo",
    "language": "de",
    "other_amount": "",
    "other_unit": "minutes",
}
SEND = "/accounts/verify/send/"


@pytest.fixture(autouse=True)
def _choices_of_the_organiser(organiser: User) -> None:
    User.objects.filter(pk=organiser.pk).update(time_zone="Europe/Rome", language="en", default_leads=[1440, 60])
    organiser.refresh_from_db()


def saved(user: User) -> dict[str, Any]:
    return User.objects.values("username", "time_zone", "language", "default_leads").get(pk=user.pk)


def sections_of(page: str) -> list[tuple[str, str, str]]:
    """Return the sections in the navigation of a page: URL, `aria-current`, and name."""
    [nav] = re.findall(r'<nav class="settings-nav".*?</nav>', page, re.DOTALL)
    links = re.findall(r'<a href="(.*?)"(?: aria-current="(.*?)")?>(.*?)</a>', nav, re.DOTALL)
    return [(url, current, words(name)) for url, current, name in links]


# The frame


@pytest.mark.parametrize("path", SECTIONS)
def test_each_section_leads_to_all_sections_and_marks_itself(organiser_client: Client, path: str) -> None:
    page = html_of(organiser_client, path)

    assert sections_of(page) == [(url, "page" if url == path else "", name) for url, name in SECTIONS.items()]
    assert f'<a class="settings-back" href="{SETTINGS}">' in page
    assert re.search(r"<title>[^<]* · Settings · ", page)


@pytest.mark.parametrize(("path", "section"), [("/accounts/email/", PROFILE), ("/accounts/password-change/", DEVICES)])
def test_page_below_a_section_marks_the_section(organiser_client: Client, path: str, section: str) -> None:
    marked = [(url, current) for url, current, _name in sections_of(html_of(organiser_client, path)) if current]

    assert marked == [(section, "true")]


def test_list_of_sections_says_what_is_chosen(organiser_client: Client, organiser: User) -> None:
    page = organiser_client.get(SETTINGS)

    text = main_text(page)
    for part in (
        f"Profile {organiser.username} · {organiser.email}",
        "Reminders 1 day before, 1 hour before",
        "Language and time zone English · Europe/Rome",
    ):
        assert part in text
    for url in SECTIONS:
        assert f'<a href="{url}">' in page.content.decode()


def test_menu_of_the_account_leads_to_the_list(organiser_client: Client) -> None:
    assert re.search(rf'<div class="menu-panel">.*?<a href="{SETTINGS}">', html_of(organiser_client, "/"), re.DOTALL)


@pytest.mark.parametrize("path", [SETTINGS, PROFILE, REMINDERS, LANGUAGE, DATA])
def test_settings_ask_to_log_in(client: Client, db: None, path: str) -> None:
    assert client.get(path)["Location"] == f"/accounts/login/?next={path}"


# Saving a section


@pytest.mark.parametrize(
    ("path", "inputs", "changes", "message"),
    [
        (PROFILE, {"username": "Renamed"}, {"username": "renamed"}, "Profile saved."),
        (REMINDERS, {"leads": ["10"], "other_amount": ""}, {"default_leads": [10]}, "Reminders saved."),
        (
            REMINDERS,
            {"leads": ["60"], "other_amount": "3", "other_unit": "days"},
            {"default_leads": [4320, 60]},
            "Reminders saved.",
        ),
        (REMINDERS, {"other_amount": "", "other_unit": "minutes"}, {"default_leads": []}, "Reminders saved."),
        (REMINDERS, {}, {}, "Reminders saved."),
        (LANGUAGE, {"time_zone": "Asia/Tokyo"}, {"time_zone": "Asia/Tokyo"}, "Language and time zone saved."),
        (
            LANGUAGE,
            {"time_zone": "UTC", "language": "de"},
            {"time_zone": "UTC", "language": "de"},
            "Sprache und Zeitzone gespeichert.",
        ),
    ],
)
def test_section_saves_what_was_sent_and_nothing_else(
    organiser_client: Client, organiser: User, path: str, inputs: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    before = saved(organiser)

    answer = organiser_client.post(path, inputs, follow=True)

    assert saved(organiser) == before | changes
    assert answer.redirect_chain == [(path, 302)]
    assert messages_of(answer) == [message]
    # Above the section, where a screen reader continues.
    assert '<div class="messages" role="status" tabindex="-1" autofocus>' in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "inputs", "field", "message"),
    [
        (PROFILE, {"username": "stranger"}, "username", "That username is taken."),
        (PROFILE, {}, "username", "This field is required."),
        (
            REMINDERS,
            {"leads": ["60"], "other_amount": "-1"},
            "other_amount",
            "Reminders can be at the start or up to 30 days before it.",
        ),
        (LANGUAGE, {"language": "de"}, "time_zone", "This field is required."),
        (LANGUAGE, {"time_zone": "Europe/Atlantis"}, "time_zone", "time zone we know."),
    ],
)
def test_section_says_beside_the_field_what_is_wrong(
    organiser_client: Client,
    organiser: User,
    stranger: User,
    path: str,
    inputs: dict[str, Any],
    field: str,
    message: str,
) -> None:
    before = saved(organiser)

    page = organiser_client.post(path, inputs).content.decode()

    [notes] = re.findall(rf'<div id="id_{field}_error">(.*?)</div>', page, re.DOTALL)
    assert message in notes
    assert f'aria-label="Account menu: {organiser.username}"' in page
    assert saved(organiser) == before


def test_chosen_reminders_are_offered_though_they_are_no_suggestion(organiser_client: Client, organiser: User) -> None:
    User.objects.filter(pk=organiser.pk).update(default_leads=[4320])

    page = html_of(organiser_client, REMINDERS)

    assert re.search(r'value="4320"[^>]* checked', page)
    assert "3 days before" in page


def test_added_reminder_is_ticked_in_the_list_and_not_saved_yet(organiser_client: Client, organiser: User) -> None:
    before = saved(organiser)
    inputs = {"leads": ["60"], "other_amount": "3", "other_unit": "days", "add_lead": "1"}

    page = organiser_client.post(REMINDERS, inputs).content.decode()

    assert re.findall(r'name="leads" value="(\d+)"[^>]* checked', page) == ["60", "4320"]
    assert saved(organiser) == before


# The form of earlier versions, from a page that was open during an upgrade


@pytest.mark.parametrize(
    ("inputs", "leads"),
    [
        (WHOLE | {"leads": ["10"]}, [10]),
        (WHOLE, []),
        ({"username": "renamed", "time_zone": "Asia/Tokyo", "language": "de"}, [1440, 60]),
    ],
)
def test_form_with_all_of_it_is_saved_as_it_was_sent(
    organiser_client: Client, organiser: User, inputs: dict[str, Any], leads: list[int]
) -> None:
    answer = organiser_client.post(PROFILE, inputs)

    assert answer["Location"] == PROFILE
    changed = {"username": "renamed", "time_zone": "Asia/Tokyo", "language": "de", "default_leads": leads}
    assert saved(organiser) == changed


def test_form_with_all_of_it_is_shown_again_as_it_was_sent(organiser_client: Client, organiser: User) -> None:
    before = saved(organiser)

    page = organiser_client.post(PROFILE, WHOLE | {"time_zone": "Europe/Atlantis", "leads": ["10"]}).content.decode()

    assert 'value="renamed"' in page
    assert 'value="Europe/Atlantis"' in page
    assert re.search(r'value="10"[^>]* checked', page)
    assert saved(organiser) == before


# The email address


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        (NOTIFICATIONS, NOTIFICATIONS),
        ("/events/1/?x=y", "/events/1/?x=y"),
        ("https://evil.example/", PROFILE),
    ],
)
def test_link_to_verify_is_sent_and_returns_to_a_page_of_ours(
    organiser_client: Client, organiser: User, wanted: str, reached: str
) -> None:
    response = organiser_client.post(SEND, {"next": wanted})

    assert response["Location"] == reached
    assert list(AccountMail.objects.values_list("kind", "address")) == [("verify", organiser.email)]


def test_link_to_verify_is_not_sent_to_an_address_that_is_verified_meanwhile(
    organiser_client: Client, organiser: User, at: datetime
) -> None:
    User.objects.filter(pk=organiser.pk).update(email_verified_at=at)

    answer = organiser_client.post(SEND, {"next": PROFILE}, follow=True)

    assert messages_of(answer) == [f"{organiser.email} is already verified."]
    assert not AccountMail.objects.exists()


@pytest.mark.parametrize("path", [SETTINGS, PROFILE, NOTIFICATIONS])
@pytest.mark.parametrize("is_verified", [True, False])
def test_only_an_address_that_is_not_verified_is_offered_the_link(
    organiser_client: Client, organiser: User, at: datetime, path: str, is_verified: bool
) -> None:
    User.objects.filter(pk=organiser.pk).update(email_verified_at=at if is_verified else None)

    page = html_of(organiser_client, path)

    assert page.count(f'action="{SEND}"') == (0 if is_verified else 1)
    assert page.count(f'name="next" value="{path}"') >= (0 if is_verified else 1)


def test_link_that_does_not_work_offers_another_to_whose_it_is(organiser_client: Client) -> None:
    page = organiser_client.post("/accounts/verify/nonsense/").content.decode()

    assert f'action="{SEND}"' in page
    assert "nonsense" not in re.findall(rf'<form method="post" action="{SEND}">.*?</form>', page, re.DOTALL)[0]


def test_pending_address_has_its_row(organiser_client: Client, organiser: User, at: datetime) -> None:
    request_email_change(organiser, email="new@example.org", at=at)

    page = organiser_client.get(PROFILE)
    User.objects.filter(pk=organiser.pk).update(pending_email_at=at - timedelta(days=365))
    expired = organiser_client.get(PROFILE)

    assert token_of(AccountMail.Kind.CONFIRM_EMAIL, "new@example.org")
    assert "new@example.org Not confirmed" in main_text(page)
    assert "new@example.org Expired" in main_text(expired)
    sends = [each.content.decode().count('action="/accounts/email/send/"') for each in (page, expired)]
    assert sends == [1, 0]
