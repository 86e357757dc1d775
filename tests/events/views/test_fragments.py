"""Test that pages show each change at once, and to each reader their own, although parts of them are kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from accounts.models import User
from config.web import fragments
from events.models import Event, Reminder, Subscription
from events.services import cancel_event, subscribe
from tests.makers import MakeEvent
from tests.pages import anew, comparable, html_of

HOME, SUBSCRIPTIONS, MINE = "/", "/subscriptions/", "/events/mine/"
# A Tuesday, 23:30 in Rome.
AT = datetime(2026, 12, 1, 22, 30, tzinfo=UTC)
STARTS_AT = datetime(2026, 12, 4, 17, tzinfo=UTC)

# What a list or a page shows of an event, and another value of it.
CHANGES: dict[str, dict[str, Any]] = {
    "title": {"headline": "Recital & <b>tea</b>"},
    "location": {"location": "Harbour & <pier>"},
    "no location": {"location": ""},
    "link to join": {"location": "https://meet.example.org/room"},
    "start": {"starts_at": STARTS_AT - timedelta(minutes=5)},
    "end": {"ends_at": STARTS_AT + timedelta(hours=3), "over_at": STARTS_AT + timedelta(hours=3)},
    "no end": {"ends_at": None, "over_at": STARTS_AT},
    "time zone": {"time_zone": "Asia/Tokyo"},
    "cancellation": {"cancelled_at": AT},
    "visibility": {"state": Event.State.PRIVATE},
}


@pytest.fixture(autouse=True)
def _at(monkeypatch: pytest.MonkeyPatch) -> None:
    at_time(monkeypatch, AT)


def at_time(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    """Let requests take place at this time."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)


@pytest.fixture
def concert(make_event: MakeEvent, subscriber: User) -> Event:
    """An event to which the subscriber, who lives in New York, is subscribed."""
    event = make_event(
        at=AT, headline="Concert", location="Rome", starts_at=STARTS_AT, ends_at=STARTS_AT + timedelta(hours=2),
        time_zone="Europe/Rome", description="Two sets",
    )  # fmt: skip
    subscribe(event, actor=subscriber, at=AT, leads=[60])
    User.objects.filter(pk=subscriber.pk).update(time_zone="America/New_York")
    return event


def assert_shown_at_once(client: Client, path: str, before: str) -> None:
    """Check that the page is no longer as it was, and that nothing of that is left in it."""
    after = comparable(html_of(client, path))
    assert after != before
    assert after == anew(client, path)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("page", ["list", "event"])
def test_change_of_an_event_shows_at_once(
    client: Client, subscriber: User, concert: Event, page: str, change: Any
) -> None:
    client.force_login(subscriber)
    path = {"list": SUBSCRIPTIONS, "event": concert.get_absolute_url()}[page]
    before = anew(client, path)

    Event.objects.filter(pk=concert.pk).update(**change)

    assert_shown_at_once(client, path, before)


@pytest.mark.parametrize("page", ["list", "event"])
def test_whole_days_show_at_once(client: Client, concert: Event, page: str) -> None:
    path = {"list": HOME, "event": concert.get_absolute_url()}[page]
    before = anew(client, path)

    start, end = datetime(2026, 12, 3, 23, tzinfo=UTC), datetime(2026, 12, 5, 23, tzinfo=UTC)
    Event.objects.filter(pk=concert.pk).update(all_day=True, starts_at=start, ends_at=end, over_at=end)

    assert_shown_at_once(client, path, before)


def test_change_of_the_description_shows_at_once(client: Client, concert: Event) -> None:
    before = anew(client, concert.get_absolute_url())

    Event.objects.filter(pk=concert.pk).update(description="Three sets")

    assert_shown_at_once(client, concert.get_absolute_url(), before)


@pytest.mark.parametrize("path", [MINE, "event"])
def test_number_of_subscribers_shows_at_once(
    client: Client, organiser: User, stranger: User, concert: Event, path: str
) -> None:
    client.force_login(organiser)
    path = concert.get_absolute_url() if path == "event" else path
    before = anew(client, path)

    subscribe(concert, actor=stranger, at=AT)

    assert_shown_at_once(client, path, before)


@pytest.mark.parametrize("change", [{"username": "ada"}, {"is_active": False}], ids=["name", "suspension"])
@pytest.mark.parametrize("path", [HOME, "event"])
def test_change_of_the_organiser_shows_at_once(
    client: Client, organiser: User, concert: Event, path: str, change: Any
) -> None:
    path = concert.get_absolute_url() if path == "event" else path
    before = anew(client, path)

    User.objects.filter(pk=organiser.pk).update(**change)

    assert_shown_at_once(client, path, before)


@pytest.mark.parametrize("path", [HOME, "event"])
def test_subscribing_and_other_leads_show_at_once(client: Client, stranger: User, concert: Event, path: str) -> None:
    client.force_login(stranger)
    path = concert.get_absolute_url() if path == "event" else path
    before = anew(client, path)

    subscription = subscribe(concert, actor=stranger, at=AT, leads=[60])
    assert_shown_at_once(client, path, before)

    subscribed = anew(client, path)
    Reminder.objects.filter(subscription=subscription).update(lead=120)
    assert_shown_at_once(client, path, subscribed)

    Subscription.objects.filter(pk=subscription.pk).delete()
    Event.objects.filter(pk=concert.pk).update(subscriber_count=1)
    assert comparable(html_of(client, path)) == before


@pytest.mark.parametrize(
    "change",
    [{"time_zone": "Asia/Tokyo"}, {"email_verified_at": AT}, {"mail_muted": ["reminder"]}, {"username": "ada"}],
    ids=lambda change: next(iter(change)),
)
def test_change_of_the_reader_shows_at_once(client: Client, subscriber: User, concert: Event, change: Any) -> None:
    client.force_login(subscriber)
    before = anew(client, concert.get_absolute_url())

    User.objects.filter(pk=subscriber.pk).update(**change)

    assert_shown_at_once(client, concert.get_absolute_url(), before)


@pytest.mark.parametrize("path", [HOME, SUBSCRIPTIONS, "event"])
@pytest.mark.parametrize(
    "later",
    [
        AT + timedelta(hours=1),  # after midnight in Rome
        AT + timedelta(hours=7),  # after midnight in New York
        AT.replace(year=2027, month=1, day=1) - timedelta(days=31),
        STARTS_AT - timedelta(minutes=59),  # after the reminder
        STARTS_AT,
    ],
    ids=["midnight of the event", "midnight of the reader", "another day", "reminder", "start"],
)
def test_time_shows_at_once(
    client: Client, subscriber: User, concert: Event, monkeypatch: pytest.MonkeyPatch, path: str, later: datetime
) -> None:
    client.force_login(subscriber)
    path = concert.get_absolute_url() if path == "event" else path
    html_of(client, path)

    at_time(monkeypatch, later)

    warm = comparable(html_of(client, path))
    assert warm == anew(client, path)


def test_midnight_changes_the_distance_and_the_year(
    client: Client, make_event: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_event(at=AT, starts_at=datetime(2027, 1, 2, 12, tzinfo=UTC), ends_at=datetime(2027, 1, 3, 12, tzinfo=UTC))
    at_time(monkeypatch, datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC))
    html_of(client, HOME)

    at_time(monkeypatch, datetime(2027, 1, 1, tzinfo=UTC))

    html = html_of(client, HOME)
    assert '<span class="day-distance">tomorrow</span>' in html
    assert "12:00 until Sun 3 Jan 12:00" in html
    assert '<span class="day-month">Jan</span>' in html


@pytest.mark.parametrize("path", [HOME, "event"])
def test_language_shows_at_once(client: Client, concert: Event, path: str) -> None:
    path = concert.get_absolute_url() if path == "event" else path
    english = anew(client, path)

    client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "de"
    german = comparable(html_of(client, path))
    assert german != english
    assert german == anew(client, path)

    client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "en"
    assert comparable(html_of(client, path)) == english


def varied_events(make_event: MakeEvent, organiser: User) -> None:
    """Post one event of each kind that lists and pages show differently."""
    make_event(at=AT, headline="Soon", starts_at=AT + timedelta(minutes=58), time_zone="Asia/Kolkata")
    make_event(at=AT, headline="Day", starts_at=datetime(2026, 12, 5, tzinfo=UTC), all_day=True)
    make_event(
        at=AT, headline="Days", starts_at=datetime(2026, 12, 30, 23, tzinfo=UTC),
        ends_at=datetime(2027, 1, 2, 23, tzinfo=UTC), all_day=True, time_zone="Europe/Rome",
    )  # fmt: skip
    make_event(
        at=AT, headline="Night", starts_at=datetime(2026, 12, 4, 21, tzinfo=UTC),
        ends_at=datetime(2026, 12, 5, 3, tzinfo=UTC), location="https://meet.example.org/a", time_zone="Asia/Tokyo",
    )  # fmt: skip
    make_event(at=AT, headline="Secret", starts_at=STARTS_AT, state=Event.State.PRIVATE)
    make_event(at=AT, headline="Sketch", starts_at=STARTS_AT, state=Event.State.DRAFT)
    cancelled = make_event(at=AT, headline="Cancelled", starts_at=STARTS_AT)
    cancel_event(cancelled, actor=organiser, at=AT, reason="Rain & <wind>")
    begun = make_event(at=AT, headline="Begun", starts_at=STARTS_AT, ends_at=STARTS_AT + timedelta(hours=2))
    Event.objects.filter(pk=begun.pk).update(starts_at=AT - timedelta(hours=1))
    over = make_event(at=AT, headline="Over", starts_at=STARTS_AT)
    Event.objects.filter(pk=over.pk).update(starts_at=AT - timedelta(days=2), over_at=AT - timedelta(days=2))


def test_pages_are_the_same_whatever_was_shown_before(
    concert: Event, make_event: MakeEvent, organiser: User, subscriber: User, stranger: User, admin_user: User
) -> None:
    """Every reader's pages in both languages, first with nothing kept, and then with all of the others' fragments."""
    varied_events(make_event, organiser)
    for event in Event.objects.listed().upcoming(AT).exclude(pk=concert.pk):
        subscribe(event, actor=subscriber, at=AT, leads=[0, 1440])
    User.objects.filter(pk=stranger.pk).update(time_zone="Asia/Karachi", email_verified_at=AT)
    lists = [HOME, "/?past=1", "/?q=n&when=month", "/?from=2026-12-01", "/people/organiser/", "/events/month/2026/12/"]
    paths = [*lists, *(event.get_absolute_url() for event in Event.objects.order_by("pk"))]
    clients = []
    for person in (None, organiser, subscriber, stranger, admin_user):
        for language in ("en", "de"):
            client = Client()
            if person:
                client.force_login(person)
            client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = language
            clients.append(client)

    def shown(client: Client, path: str) -> str:
        return comparable(client.get(path).content.decode())

    cold = []
    for client in clients:
        for path in paths:
            fragments.kept.cache_clear()
            cold.append(shown(client, path))
    for _ in range(2):
        assert [shown(client, path) for client in clients for path in paths] == cold


def test_readers_see_nothing_of_each_other(concert: Event, organiser: User, subscriber: User, stranger: User) -> None:
    pages = {}
    for person in (organiser, subscriber, stranger, organiser, subscriber):
        client = Client()
        client.force_login(person)
        pages[person.username] = html_of(client, concert.get_absolute_url()) + html_of(client, HOME)

    for name, html in pages.items():
        others = {person.email for person in (organiser, subscriber, stranger)} - {f"{name}@example.org"}
        assert [email for email in others if email in html] == []
        assert f"{name}@example.org" in html


def test_each_page_has_the_csrf_token_of_its_request(client: Client, stranger: User, concert: Event) -> None:
    client.force_login(stranger)
    url = concert.get_absolute_url()
    html_of(client, url)

    response = client.get(url)

    html = response.content.decode()
    tokens = {part.split('"')[0] for part in html.split('name="csrfmiddlewaretoken" value="')[1:]}
    assert tokens == {str(response.context["csrf_token"])}
