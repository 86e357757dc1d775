"""What a German reader meets, from the first page to the mail; and that an English one meets none of it."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.core import mail as outbox
from django.template import Context, Template
from django.test import Client
from django.utils import translation
from django.utils.html import strip_tags

from accounts.leads import distance_name, lead_choice
from accounts.models import User
from accounts.services import change_password
from events.clocks import days_text, distance_text, event_clock, moment_text
from events.exceptions import EventBegun
from events.models import Event
from events.promises import Promise
from events.services import subscribe
from events.templatetags.promises import moments
from events.timeline import Query
from notifications.models import Notification
from notifications.services import escalate_unread, send_mails
from notifications.wording import wording
from tests.conftest import PASSWORD

GERMAN = {"Accept-Language": "de"}
ROME, NEW_YORK = ZoneInfo("Europe/Rome"), ZoneInfo("America/New_York")
# Tuesday noon; Friday 18:00 in Rome.
AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
START = datetime(2026, 12, 4, 17, tzinfo=UTC)
TODAY = AT.date()


def shown(page: str, pattern: str) -> list[str]:
    """Return the text of the elements whose tags the pattern names."""
    found = re.findall(rf"<({pattern})(?=[\s>])[^>]*>(.*?)</(?:p|h1|h2|title|span|blockquote)>", page, re.DOTALL)
    return [" ".join(unescape(strip_tags(content)).split()) for _tag, content in found]


def both(client: Client, path: str, pattern: str) -> tuple[list[str], list[str]]:
    """Return what a page shows in German and in English."""
    german, english = (client.get(path, headers={"Accept-Language": each}).content.decode() for each in ("de", "en"))
    return shown(german, pattern), shown(english, pattern)


# Pages


def test_home_page_is_in_the_language_of_its_reader(
    client: Client, make_event: Callable[..., Event], at: datetime
) -> None:
    make_event(starts_at=at + timedelta(days=9), time_zone="UTC")

    assert both(client, "/", "title|h1") == (
        ["Was kommt · Event manager", "Was kommt"],
        ["What’s on · Event manager", "What’s on"],
    )
    assert both(client, "/", 'span class="day-distance"') == (["in 9 Tagen"], ["in 9 days"])


def test_event_page_is_in_the_language_of_its_reader(client: Client, make_event: Callable[..., Event]) -> None:
    path = make_event(time_zone="Europe/Rome").get_absolute_url()

    assert both(client, path, 'p class="promise-lead"') == (
        ["Abonniere, und du erfährst es"],
        ["Subscribe, and you’ll be told"],
    )
    assert both(client, path, 'span class="zone"') == (["Ortszeit Rom"], ["Rome time"])


def test_form_says_in_german_what_is_wrong(client: Client, owner: User) -> None:
    client.force_login(owner)

    page = client.post("/events/new/", {"start_date": "2099-05-01", "time_zone": "Mars"}, headers=GERMAN)

    assert sorted(shown(page.content.decode(), 'p class="field-error"')) == [
        "Dieses Feld ist zwingend erforderlich.",
        "Dieses Feld ist zwingend erforderlich.",
        "Um wie viel Uhr beginnt er? Oder wähle „Ganztägig“.",
        "„Mars“ ist keine bekannte Zeitzone.",
    ]


def test_password_is_refused_in_german(client: Client, db: None) -> None:
    sent = {"email": "ada@example.org", "username": "newcomer", "password": "newcomer1", "time_zone": "UTC"}

    page = client.post("/accounts/signup/", sent, headers=GERMAN).content.decode()

    assert shown(page, 'p class="field-error"') == ["Das Passwort ist zu ähnlich zu Benutzername."]


def test_form_reads_the_dates_of_the_browser_in_every_language(client: Client, owner: User) -> None:
    client.force_login(owner)
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


def test_zones_are_suggested_with_their_places_in_german(client: Client, db: None) -> None:
    german, english = (client.get("/accounts/signup/", headers={"Accept-Language": each}) for each in ("de", "en"))

    assert '<option value="Europe/Rome" label="Rom">' in german.content.decode()
    assert '<option value="Europe/Berlin">' in german.content.decode()
    assert '<option value="Europe/Rome">' in english.content.decode()


def test_refusal_is_told_in_the_language_of_the_request(
    client: Client, subscriber: User, make_event: Callable[..., Event], at: datetime
) -> None:
    event, earlier = make_event(), at - timedelta(minutes=1)
    Event.objects.update(starts_at=earlier, over_at=earlier)
    client.force_login(subscriber)

    page = client.post(f"{event.get_absolute_url()}subscribe/", {"leads": ["60"]}, headers=GERMAN)

    assert page.context["form"].non_field_errors() == ["Der Termin hat schon begonnen."]
    assert str(EventBegun()) == "The event has already begun."


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
        ["Mitteilungen", "Heute"],
        ["Notifications", "Today"],
    )
    assert "Verlegt von A nach B" in shown(client.get("/notifications/", headers=GERMAN).content.decode(), "p")


def test_toasts_speak_the_language_of_the_page(client: Client, subscriber: User) -> None:
    client.force_login(subscriber)

    page = client.get("/", headers=GERMAN).content.decode()

    [config] = re.findall(r'<script id="feed-config" type="application/json">(.*?)</script>', page)
    assert '"relocated": "Verlegt nach {place}"' in config


def test_admin_is_in_the_language_of_its_reader(admin_client: Client) -> None:
    page = admin_client.get("/admin/events/event/", headers=GERMAN).content.decode()

    [actions] = re.findall(r'<select name="action".*?</select>', page, re.DOTALL)
    assert "Ausgewählte Termine absagen" in actions


def test_page_of_a_failure_is_in_the_language_of_its_reader(client: Client, db: None) -> None:
    assert shown(client.get("/nowhere/", headers=GERMAN).content.decode(), "h1") == ["Hier ist nichts"]


# Dates, times and numbers


def test_times_are_ordered_as_german_orders_them() -> None:
    event = Event(starts_at=START, ends_at=START + timedelta(hours=2), time_zone="Europe/Rome")

    with translation.override("de"):
        texts = [
            str(event_clock(event, at=AT)),
            moment_text(START.astimezone(NEW_YORK), today=date(2027, 1, 1)),
            days_text(date(2026, 12, 4), date(2026, 12, 6), today=TODAY),
            days_text(date(2026, 12, 30), date(2027, 1, 2), today=TODAY),
        ]

    assert texts == [
        "Fr 4. Dez, 18:00–20:00 Ortszeit Rom",
        "Fr 4. Dez 2026, 12:00",
        "Fr 4. – So 6. Dez",
        "Mi 30. Dez – Sa 2. Jan 2027",
    ]


@pytest.mark.parametrize(
    ("days", "german"),
    [
        (0, "heute"),
        (1, "morgen"),
        (2, "in 2 Tagen"),
        (-2, "vor 2 Tagen"),
        (61, "in 2 Monaten"),
        (-800, "vor 2 Jahren"),
    ],
)
def test_distances_are_declined(days: int, german: str) -> None:
    with translation.override("de"):
        assert distance_text(TODAY + timedelta(days=days), today=TODAY) == german


def test_leads_are_named_by_themselves_and_after_in() -> None:
    with translation.override("de"):
        assert [lead_choice(minutes) for minutes in (1440, 2880, 90)] == [
            "1 Tag vorher",
            "2 Tage vorher",
            "1 Stunde 30 Minuten vorher",
        ]
        assert [distance_name(minutes) for minutes in (2880, 60, 0)] == ["in 2 Tagen", "in 1 Stunde", "jetzt"]


def test_moments_of_a_promise_are_listed_as_the_language_lists_them() -> None:
    given = [START.astimezone(ROME) + timedelta(hours=hours) for hours in range(3)]
    promise = Promise(True, tuple(given), at_once=False, is_spent=False, zone="", today=TODAY)

    english = strip_tags(moments(promise))
    with translation.override("de"):
        german = strip_tags(moments(promise))

    assert english == "Fri 4 Dec 18:00, Fri 4 Dec 19:00 and Fri 4 Dec 20:00"
    assert german == "Fr 4. Dez, 18:00; Fr 4. Dez, 19:00 und Fr 4. Dez, 20:00"


def test_change_reads_in_german() -> None:
    before, after = ("2026-12-04T17:00:00Z", "2026-12-05T18:30:00Z")
    facts = {"ends_at": None, "location": ""}
    notice = Notification(
        kind="rescheduled",
        starts_at=START,
        time_zone="Europe/Rome",
        detail={"before": facts | {"starts_at": before}, "after": facts | {"starts_at": after}, "text": ""},
    )

    with translation.override("de"):
        words = wording(notice, zone=NEW_YORK, at=AT)

    assert words.sentence == "Verschoben von Fr 4. Dez, 18:00 auf Sa 5. Dez, 19:30 Ortszeit Rom"
    assert words.own_clock == "Fr 4. Dez, 12:00 → Sa 5. Dez, 13:30 deine Zeit"


def test_large_numbers_are_grouped_as_the_language_groups_them() -> None:
    template = Template("{% load humanize %}{{ n|intcomma }} {{ n }}")

    with translation.override("de"):
        assert template.render(Context({"n": 1_234_567})) == "1.234.567 1234567"
    assert template.render(Context({"n": 1_234_567})) == "1,234,567 1234567"


@pytest.mark.parametrize(
    ("language", "last"), [("en", date(2026, 12, 6)), ("de", date(2026, 12, 6)), ("pt-br", date(2026, 12, 5))]
)
def test_week_ends_where_the_language_ends_it(language: str, last: date) -> None:
    """Tuesday's week: until Sunday, or where weeks begin on Sunday until Saturday."""
    with translation.override(language):
        assert Query(when="week").ends_on(TODAY) == last
        assert Query(when="week").ends_on(last) == last


# Mails


@pytest.fixture
def german(make_user: Callable[..., User], at: datetime) -> User:
    user = make_user("greta", language="de", time_zone="Europe/Rome")
    User.objects.filter(pk=user.pk).update(email_verified_at=at - timedelta(days=1))
    return user


def test_mail_about_an_account_is_german(german: User, at: datetime) -> None:
    change_password(german, password=PASSWORD, at=at)

    send_mails()

    [sent] = outbox.outbox
    assert sent.subject == "Dein Passwort wurde geändert"
    assert str(sent.body).splitlines()[0] == (
        "Hallo greta, dein Passwort wurde geändert. Alle deine anderen Browser und Programme sind abgemeldet."
    )
    assert '<html lang="de" dir="ltr">' in str(sent.alternatives[0][0])


def test_mail_of_unread_notices_is_german(
    german: User, owner: User, make_event: Callable[..., Event], at: datetime
) -> None:
    event = make_event(headline="Konzert", time_zone="Europe/Rome")
    subscribe(event, actor=german, at=at)
    Notification.objects.create(
        recipient=german,
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
    assert lines[:2] == ["Konzert", "Nachricht zum Termin:"]
    assert "Du bekommst das, weil du es auf der Seite nicht gelesen hattest." in lines
