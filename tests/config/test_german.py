"""Test that pages and emails are completely German for German readers, and contain no German for English ones."""

import json
import re
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from django.core import mail as outbox
from django.core.mail import EmailMultiAlternatives
from django.db import OperationalError
from django.test import Client

from accounts.models import User
from accounts.services import change_password
from config.database import database_now
from config.limits.rates import RateLimited
from events.exceptions import EventOver
from events.models import Event
from events.services import subscribe
from notifications.mail.escalation import escalate_unread
from notifications.mail.sender import send_mails
from notifications.models import Notification, ProcessHeartbeat
from tests.conftest import PASSWORD
from tests.makers import MakeEvent, MakeUser
from tests.pages import words
from tools import catalogue

GERMAN = {"Accept-Language": "de"}


def texts_of(page: str, pattern: str) -> list[str]:
    """Return the text of the elements whose tags match the pattern."""
    found = re.findall(rf"<({pattern})(?=[\s>])[^>]*>(.*?)</(?:p|h1|h2|title|span|blockquote)>", page, re.DOTALL)
    return [words(content) for _tag, content in found]


def both(client: Client, path: str, pattern: str) -> tuple[list[str], list[str]]:
    """Return the text of a page in German and in English."""
    german, english = (client.get(path, headers={"Accept-Language": each}).content.decode() for each in ("de", "en"))
    return texts_of(german, pattern), texts_of(english, pattern)


# Pages


def test_home_page_is_in_the_language_of_its_reader(client: Client, make_event: MakeEvent, at: datetime) -> None:
    make_event(starts_at=at + timedelta(days=9), time_zone="UTC")

    assert both(client, "/", "title|h1") == (
        ["Kommende Termine · Event manager", "Kommende Termine"],
        ["What’s on · Event manager", "What’s on"],
    )
    assert both(client, "/", 'span class="day-distance"') == (["in 9 Tagen"], ["in 9 days"])


def test_event_page_is_in_the_language_of_its_reader(client: Client, make_event: MakeEvent) -> None:
    path = make_event(time_zone="Europe/Rome").get_absolute_url()

    assert both(client, path, 'p class="promise-heading"') == (
        ["Abonniere den Termin, dann erinnern wir dich"],
        ["Subscribe and we’ll remind you"],
    )
    assert both(client, path, 'span class="zone"') == (["Ortszeit Rom"], ["Rome time"])


def test_form_says_in_german_what_is_wrong(client: Client, organiser: User) -> None:
    client.force_login(organiser)

    page = client.post("/events/new/", {"start_date": "2099-05-01", "time_zone": "Mordor-Nord"}, headers=GERMAN)

    assert sorted(texts_of(page.content.decode(), 'p class="field-error"')) == [
        "Bitte fülle dieses Feld aus.",
        "Bitte fülle dieses Feld aus.",
        "Gib an, wann der Termin beginnt, oder wähle „Ganztägig“.",
        "„Mordor-Nord“ kennen wir weder als Stadt noch als Zeitzone. Versuch es mit einer größeren Stadt in der Nähe.",
    ]


def test_password_is_refused_in_german(client: Client, db: None) -> None:
    sent = {"email": "ada@example.org", "username": "newcomer", "password": "newcomer1", "time_zone": "UTC"}

    page = client.post("/accounts/signup/", sent, headers=GERMAN).content.decode()

    assert texts_of(page, 'p class="field-error"') == [
        "Das Passwort ähnelt einer anderen Angabe zu sehr: Benutzername."
    ]


def test_email_address_is_refused_in_german(client: Client, db: None) -> None:
    sent = {"email": "ada", "username": "newcomer", "password": "correct horse battery", "time_zone": "UTC"}

    page = client.post("/accounts/signup/", sent, headers=GERMAN).content.decode()

    assert texts_of(page, 'p class="field-error"') == [
        "Gib eine gültige E-Mail-Adresse ein.",
        "Gib dein Passwort noch einmal ein.",
    ]


def test_form_reads_the_dates_of_the_browser_in_every_language(client: Client, organiser: User) -> None:
    client.force_login(organiser)
    sent = {
        "headline": "Konzert",
        "start_date": "2099-05-01",
        "start_time": "20:00",
        "time_zone": "UTC",
        "state": "public",
    }

    assert client.post("/events/new/", sent, headers=GERMAN).status_code == 302
    event = Event.objects.get()
    assert event.starts_at == datetime(2099, 5, 1, 20, tzinfo=UTC)
    page = client.get(f"{event.get_absolute_url()}edit/", headers=GERMAN).content.decode()
    assert re.findall(r'name="start_(date|time)" value="([^"]*)"', page) == [("date", "2099-05-01"), ("time", "20:00")]


def test_refusal_is_in_the_language_of_the_request(
    client: Client, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event, earlier = make_event(), at - timedelta(minutes=1)
    Event.objects.update(starts_at=earlier, over_at=earlier)
    client.force_login(subscriber)

    page = client.post(f"{event.get_absolute_url()}subscribe/", {"leads": ["60"]}, headers=GERMAN)

    assert page.context["form"].non_field_errors() == ["Der Termin ist vorbei."]
    assert str(EventOver()) == "The event has ended."


def test_inbox_and_its_toasts_are_in_the_language_of_the_reader(client: Client, subscriber: User, at: datetime) -> None:
    Notification.objects.create(
        recipient=subscriber,
        kind="relocated",
        headline="Konzert",
        starts_at=at + timedelta(days=1),
        time_zone="UTC",
        detail={"before": {"location": "A"}, "after": {"location": "B"}, "text": ""},
        source="announcement:1",
        created_at=at,
    )
    client.force_login(subscriber)

    assert both(client, "/notifications/", "h1|h2|blockquote") == (
        ["Posteingang", "Heute"],
        ["Inbox", "Today"],
    )
    assert "Neuer Ort: B (bisher: A)" in texts_of(client.get("/notifications/", headers=GERMAN).content.decode(), "p")


def test_toasts_speak_the_language_of_the_page(client: Client, subscriber: User) -> None:
    client.force_login(subscriber)

    page = client.get("/", headers=GERMAN).content.decode()

    [config] = re.findall(r'<script id="feed-config" type="application/json">(.*?)</script>', page)
    assert json.loads(config)["locale"] == {"language": "de", "time_zone": subscriber.time_zone}
    assert 'data-text="{count} weitere"' in page
    assert 'data-delayed="Verzögert"' in page


def test_admin_is_in_the_language_of_its_reader(admin_client: Client, make_event: MakeEvent) -> None:
    make_event()

    page = admin_client.get("/admin/events/event/", headers=GERMAN).content.decode()

    [actions] = re.findall(r'<select name="action".*?</select>', page, re.DOTALL)
    assert "Ausgewählte Termine absagen" in actions
    assert all(f">{label}</a>" in page for label in ("Titel", "Veranstalter", "Beginn", "Sichtbarkeit"))


@pytest.mark.parametrize("page", ["events/event/{}/delete/", "accounts/user/{}/change/", "accounts/user/{}/password/"])
def test_admin_does_not_mix_du_and_sie(admin_client: Client, make_event: MakeEvent, page: str) -> None:
    event = make_event()
    number = event.pk if page.startswith("events") else event.author_id

    said = words(admin_client.get(f"/admin/{page.format(number)}", headers=GERMAN).content.decode())

    assert re.findall(r"\b(?:Sie|Ihr|Ihre[nmrs]?)\b.{0,40}", said) == []


def test_admin_asks_in_german_before_it_deletes(admin_client: Client, make_event: MakeEvent) -> None:
    event = make_event(headline="Konzert")

    page = admin_client.get(f"/admin/events/event/{event.pk}/delete/", headers=GERMAN).content.decode()

    assert "„Konzert“ (Termin) wirklich löschen? Dabei wird Folgendes gelöscht:" in words(page)


def test_admin_says_in_german_when_an_email_was_last_sent(admin_client: Client) -> None:
    now = database_now()
    ProcessHeartbeat.objects.create(kind="mailer", worked_at=now, delivered_at=now - timedelta(days=3))

    page = admin_client.get("/admin/", headers=GERMAN).content.decode()

    assert "Die letzte E-Mail liegt 3 Tage zurück." in words(page)


def test_units_and_abbreviations_are_not_separated_at_the_end_of_a_line() -> None:
    separable = re.compile(r"(?:\)[sd]|\}|\d) (?:MB|Std\.|Min\.|s)(?!\w)|z\. ?B\.")

    texts = [text for message in catalogue.read("de") if message.id for text in catalogue.strings_of(message)]

    assert [text for text in texts if separable.search(text)] == []
    assert separable.search("%(n)d Min.")
    assert separable.search("z. B. Wien")


def test_page_of_a_failure_is_in_the_language_of_its_reader(client: Client, db: None) -> None:
    assert texts_of(client.get("/nowhere/", headers=GERMAN).content.decode(), "h1") == ["Seite nicht gefunden"]


def test_page_of_an_absent_database_is_in_the_language_of_its_reader(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.views.browsing.rail_page", mock.Mock(side_effect=OperationalError))

    away = client.get("/", headers=GERMAN)

    assert (away.status_code, texts_of(away.content.decode(), "h1")) == (503, ["Gleich wieder da"])


def test_page_of_too_many_requests_is_in_the_language_of_its_reader(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.web.middleware.rates.count_by_network", mock.Mock(side_effect=RateLimited(wait=7)))

    page, program = client.get("/", headers=GERMAN), client.get("/api/v1/events/", headers=GERMAN)

    assert (page.status_code, texts_of(page.content.decode(), "h1")) == (429, ["Einen Moment, bitte"])
    assert program.json()["detail"] == "Too many attempts. Please wait a moment."


# Mails


@pytest.fixture
def verified_german_user(make_user: MakeUser, at: datetime) -> User:
    user = make_user("greta", language="de", time_zone="Europe/Rome")
    User.objects.filter(pk=user.pk).update(email_verified_at=at - timedelta(days=1))
    return user


def test_mail_about_an_account_is_german(verified_german_user: User, at: datetime) -> None:
    change_password(verified_german_user, password=PASSWORD, at=at)

    send_mails()

    [sent] = outbox.outbox
    assert sent.subject == "Dein Passwort wurde geändert"
    assert str(sent.body).splitlines()[0] == (
        "Hallo greta, dein Passwort wurde geändert, und du wurdest auf allen anderen Geräten abgemeldet."
    )
    assert isinstance(sent, EmailMultiAlternatives)
    assert '<html lang="de" dir="ltr">' in str(sent.alternatives[0][0])


def test_email_about_unread_notifications_is_german(
    verified_german_user: User, organiser: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(headline="Konzert", time_zone="Europe/Rome")
    subscribe(event, actor=verified_german_user, at=at)
    Notification.objects.create(
        recipient=verified_german_user,
        event=event,
        kind="message",
        headline="Konzert",
        starts_at=event.starts_at,
        time_zone="Europe/Rome",
        detail={"before": {}, "after": {}, "text": "Bringt Mäntel mit."},
        source="announcement:1",
        created_at=at - timedelta(minutes=11),
    )

    escalate_unread(at=at)
    send_mails()

    [sent] = outbox.outbox
    lines = str(sent.body).splitlines()
    assert sent.subject == "Konzert: Bringt Mäntel mit."
    assert lines[:2] == ["Konzert", "Nachricht vom Veranstalter:"]
    assert "Du bekommst diese E-Mail, weil diese Benachrichtigung noch ungelesen war." in lines
