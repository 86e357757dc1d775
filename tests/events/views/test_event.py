"""Test an event's page: who can see it, and what it says."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.models import Event
from events.services import announce, cancel_event, delete_event, subscribe
from tests.makers import MakeEvent, MakeUser
from tests.pages import html_of, words

# Session, user, event, what is new about it, bell.
EVENT_QUERIES = 5
AUTHOR_PAGES = ("edit", "delete", "cancel", "announce")


def routes(event: Event) -> list[tuple[str, str]]:
    """Return every page route of an event, with its method."""
    url = event.get_absolute_url()
    return [
        ("get", url),
        *[("get", f"{url}{name}/") for name in AUTHOR_PAGES],
        *[("post", f"{url}{name}/") for name in (*AUTHOR_PAGES, "subscribe", "leads", "unsubscribe")],
    ]


# Who can see it


@pytest.mark.parametrize("state", ["draft", "private"])
def test_drafts_and_private_events_are_404_on_every_route(
    stranger_client: Client, make_event: MakeEvent, state: str
) -> None:
    event = make_event(state=state)

    for method, url in routes(event):
        assert getattr(stranger_client, method)(url).status_code == 404, (method, url)


@pytest.mark.parametrize("state", ["draft", "private", "public"])
def test_pages_that_need_a_login_ask_for_it_whether_there_is_an_event_or_not(
    client: Client, make_event: MakeEvent, state: str
) -> None:
    event = make_event(state=state)

    for method, url in routes(event)[1:]:
        here = getattr(client, method)(url)
        nowhere = getattr(client, method)(url.replace(f"/{event.pk}/", "/987654/"))
        assert (here.status_code, nowhere.status_code) == (302, 302), (method, url)
        assert here["Location"].startswith(f"/accounts/login/?next=/events/{event.pk}/"), (method, url)
        assert nowhere["Location"] == here["Location"].replace(f"/{event.pk}/", "/987654/"), (method, url)


def test_deleted_events_are_404_on_every_route_for_their_organiser_too(
    client: Client, organiser: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    delete_event(event, actor=organiser, at=at)
    client.force_login(organiser)

    for method, url in routes(event):
        assert getattr(client, method)(url).status_code == 404, (method, url)


def test_an_invite_opens_a_private_event(client: Client, make_event: MakeEvent) -> None:
    event = make_event(state="private")

    response = client.get(event.get_absolute_url(), {"invite": event.invite_token})

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert 'name="robots" content="noindex"' in response.content.decode()
    assert client.get(event.get_absolute_url(), {"invite": "0" * 32}).status_code == 404
    assert client.get(event.get_absolute_url(), {"invite": ""}).status_code == 404


def test_an_invite_opens_no_draft(client: Client, make_event: MakeEvent) -> None:
    event = make_event(state="draft")

    assert client.get(event.get_absolute_url(), {"invite": event.invite_token}).status_code == 404


def test_the_invite_survives_subscribing(stranger_client: Client, stranger: User, make_event: MakeEvent) -> None:
    event = make_event(state="private")
    page = html_of(stranger_client, f"{event.get_absolute_url()}?invite={event.invite_token}")
    assert f'name="invite" value="{event.invite_token}"' in page

    response = stranger_client.post(
        f"{event.get_absolute_url()}subscribe/", {"leads": ["60"], "invite": event.invite_token}
    )

    assert (response.status_code, response["Location"]) == (302, event.get_absolute_url())
    assert stranger_client.get(event.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("pk", ["0", "99999999", "9" * 30])
def test_an_unknown_event_is_404(client: Client, db: None, pk: str) -> None:
    assert client.get(f"/events/{pk}/").status_code == 404


def test_somebody_elses_event_can_be_seen_but_not_changed(stranger_client: Client, make_event: MakeEvent) -> None:
    event = make_event()

    for name in AUTHOR_PAGES:
        for method in ("get", "post"):
            response = getattr(stranger_client, method)(f"{event.get_absolute_url()}{name}/")
            assert response.status_code == 403
            assert "Only the organiser can do that." in response.content.decode()
    event.refresh_from_db()
    assert (event.deleted_at, event.cancelled_at, event.revision) == (None, None, 0)


# What it says


@pytest.mark.parametrize("reader", ["organiser", "subscriber", "stranger", None])
def test_the_page_of_a_cancelled_event_has_the_reason(
    client: Client, make_event: MakeEvent, organiser: User, subscriber: User, stranger: User, at: datetime, reader: str
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)
    cancel_event(event, actor=organiser, at=at, reason="The hall is <flooded>.\nSorry!")
    if reader:
        client.force_login(User.objects.get(username=reader))

    page = html_of(client, event.get_absolute_url())

    assert "Reason for cancelling" in page
    assert "The hall is &lt;flooded&gt;.<br>Sorry!" in page


@pytest.mark.parametrize(("reader", "is_shown"), [("organiser", True), ("subscriber", True), ("stranger", False)])
def test_reason_from_an_earlier_version_is_shown_to_those_whom_its_form_named(
    client: Client, make_event: MakeEvent, organiser: User, subscriber: User, at: datetime, reader: str, is_shown: bool
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)
    cancel_event(event, actor=organiser, at=at, reason="Sam is ill.")
    announcement = event.announcements.get()
    del announcement.before["all_day"], announcement.before["time_zone"]
    announcement.save()
    if reader != "stranger":
        client.force_login({"organiser": organiser, "subscriber": subscriber}[reader])

    page = client.get(event.get_absolute_url()).content.decode()

    assert ("Sam is ill." in page) == is_shown


def test_the_page_of_a_cancelled_event_has_the_reason_although_nobody_had_subscribed(
    organiser_client: Client, make_event: MakeEvent
) -> None:
    event = make_event()

    organiser_client.post(f"{event.get_absolute_url()}cancel/", {"reason": "The hall is flooded."})

    assert "The hall is flooded." in html_of(organiser_client, event.get_absolute_url())


@pytest.mark.parametrize("is_purged", [False, True])
def test_the_page_of_a_cancelled_event_without_a_reason_names_none(
    client: Client, make_event: MakeEvent, organiser: User, subscriber: User, at: datetime, is_purged: bool
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)
    announce(event, actor=organiser, at=at, message="Bring shoes")
    cancel_event(event, actor=organiser, at=at, reason="Rain" if is_purged else "")
    if is_purged:
        event.announcements.all().delete()

    page = html_of(client, event.get_absolute_url())

    assert "This event is cancelled." in page
    assert "Reason for cancelling" not in page
    assert "Bring shoes" not in page


def test_the_page_says_when_anonymous_readers_would_be_reminded(client: Client, make_event: MakeEvent) -> None:
    rome = ZoneInfo("Europe/Rome")
    starts_at = datetime(2030, 12, 6, 18, tzinfo=rome)
    event = make_event(
        headline="Concert",
        location="Aula Magna",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        time_zone="Europe/Rome",
    )

    page = words(html_of(client, event.get_absolute_url()))

    assert "Fri 6 Dec 2030, 18:00–20:00 Rome time" in page
    assert "Aula Magna" in page
    assert "organiser No subscribers yet" in page
    assert "Subscribe and we’ll remind you Thu 5 Dec 2030 18:00 Rome time, in your inbox." in page
    assert "Log in to subscribe" in page


def test_the_page_has_two_times_where_the_zones_differ(client: Client, stranger: User, make_event: MakeEvent) -> None:
    starts_at = datetime(2030, 12, 6, 2, tzinfo=ZoneInfo("Europe/Rome"))
    event = make_event(starts_at=starts_at, time_zone="Europe/Rome")
    stranger.time_zone = "America/New_York"
    stranger.save()
    client.force_login(stranger)

    page = words(html_of(client, event.get_absolute_url()))

    assert "Fri 6 Dec 2030, 02:00 Rome time Thu 5 Dec 2030, 20:00 your time" in page
    assert "Subscribe and we’ll remind you Wed 4 Dec 2030 20:00 New York time, here only" in page


def test_the_second_time_leaves_out_the_day_that_is_the_same(
    client: Client, stranger: User, make_event: MakeEvent
) -> None:
    starts_at = datetime(2030, 12, 6, 18, tzinfo=ZoneInfo("Europe/Rome"))
    event = make_event(starts_at=starts_at, ends_at=starts_at + timedelta(hours=2), time_zone="Europe/Rome")
    stranger.time_zone = "America/New_York"
    stranger.save()
    client.force_login(stranger)

    page = words(html_of(client, event.get_absolute_url()))

    assert "Fri 6 Dec 2030, 18:00–20:00 Rome time 12:00–14:00 your time" in page


def test_the_page_names_the_zone_of_a_whole_day(client: Client, make_event: MakeEvent) -> None:
    starts_at = datetime(2030, 12, 6, tzinfo=ZoneInfo("Asia/Tokyo"))
    event = make_event(starts_at=starts_at, all_day=True, time_zone="Asia/Tokyo")

    page = words(html_of(client, event.get_absolute_url()))

    assert "Fri 6 Dec 2030 All day, Tokyo time" in page


def test_reader_whose_address_is_not_verified_can_have_the_link_sent_from_the_page(
    client: Client, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    url = make_event().get_absolute_url()
    form = (
        r'<form id="send-verification" method="post" action="/accounts/verify/send/">.*?name="csrfmiddlewaretoken".*?'
        rf'<input type="hidden" name="next" value="{url}">'
    )
    button = 'type="submit" form="send-verification">Send the link again<'

    visitor = html_of(client, url)
    client.force_login(subscriber)
    unverified = html_of(client, url)
    sent = client.post("/accounts/verify/send/", {"next": url}, follow=True).content.decode()
    User.objects.filter(pk=subscriber.pk).update(email_verified_at=at)
    verified = html_of(client, url)

    assert (re.search(form, unverified, re.DOTALL) is not None, unverified.count(button)) == (True, 1)
    assert '<div class="messages" role="status" tabindex="-1" autofocus>' in sent
    for page in (visitor, verified):
        assert "send-verification" not in page


def test_a_subscriber_reads_the_promise(client: Client, subscriber: User, make_event: MakeEvent, at: datetime) -> None:
    event = make_event(starts_at=datetime(2030, 12, 6, 18, tzinfo=UTC))
    subscribe(event, actor=subscriber, at=at, leads=[1440, 60])
    client.force_login(subscriber)

    page = words(html_of(client, event.get_absolute_url()))

    moments = "Thu 5 Dec 2030 18:00 Fri 6 Dec 2030 17:00"
    assert f"We’ll remind you {moments} here only, until you verify your email with the link we’ve sent. We’ll" in page
    assert "1 subscriber" in page
    assert "Unsubscribe" in page


@pytest.mark.parametrize(
    ("is_verified", "muted", "where"),
    [
        (True, [], "here and by email, if unread. We’ll"),
        (True, ["rescheduled"], "here and by email, if unread. We’ll"),
        (True, ["reminder"], "here only, in your inbox. We’ll"),
        (False, ["reminder"], "here only, in your inbox. We’ll"),
        (False, [], "here only, until you verify your email with the link we’ve sent. We’ll"),
    ],
)
def test_the_promise_names_email_to_those_who_get_it(
    stranger_client: Client,
    stranger: User,
    make_event: MakeEvent,
    at: datetime,
    is_verified: bool,
    muted: list[str],
    where: str,
) -> None:
    stranger.email_verified_at, stranger.mail_muted = at if is_verified else None, muted
    stranger.save()
    event = make_event()

    assert where in words(html_of(stranger_client, event.get_absolute_url()))
    subscribe(event, actor=stranger, at=at, leads=[60])
    assert where in words(html_of(stranger_client, event.get_absolute_url()))


def test_the_promise_without_leads_is_of_changes_alone(
    stranger_client: Client, stranger: User, make_event: MakeEvent
) -> None:
    stranger.default_leads = []
    stranger.save()

    page = words(html_of(stranger_client, make_event().get_absolute_url()))

    assert "Subscribe and we’ll let you know if anything changes" in page


def test_a_subscriber_without_leads_reads_that_they_are_notified_of_changes(
    client: Client, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at, leads=[])
    client.force_login(subscriber)

    assert "We’ll let you know if anything changes You chose no reminders." in words(
        html_of(client, event.get_absolute_url())
    )


def test_the_organisers_panel_has_one_menu_that_ends_with_what_is_final(
    client: Client, organiser: User, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)
    client.force_login(organiser)

    panel = html_of(client, event.get_absolute_url()).split("<aside")[1].split("</aside>")[0]

    before, menu = panel.split('<details class="menu panel-menu"')
    assert words(before.split(">", 1)[1]) == "1 subscriber Edit event Message subscribers"
    links = "Delivery report Duplicate event Cancel event Delete event"
    assert words(menu.split(">", 1)[1].split("</details>")[0]) == f"More {links}"


def test_the_page_counts_down_to_a_near_start(
    client: Client, make_event: MakeEvent, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = make_event(starts_at=at + timedelta(hours=2))
    pills = []

    for before in (timedelta(minutes=58), timedelta(minutes=57), timedelta(0)):
        monkeypatch.setattr("django.utils.timezone.now", lambda before=before: event.starts_at - before)
        for _ in range(3):  # the third is the stored page
            page = html_of(client, event.get_absolute_url())
        pills.append(words(page.split('class="pill"')[1].split(">", 1)[1].split("</span>")[0]))

    assert pills == ["in 58 min", "in 57 min", "ended"]


def test_texts_of_people_are_escaped_on_every_page(
    client: Client, organiser: User, stranger: User, make_event: MakeEvent
) -> None:
    attack = '<script>alert("x")</script>'
    event = make_event(headline=attack, location=attack, description=f'{attack} https://example.org/"onclick=alert(1)')
    url = event.get_absolute_url()
    for user, urls in (
        (stranger, ["/", f"/?q={attack}", url]),
        (organiser, ["/events/mine/", url, *(f"{url}{name}/" for name in AUTHOR_PAGES)]),
    ):
        client.force_login(user)
        for page in urls:
            html = html_of(client, page)
            assert "<script>alert" not in html
            assert "&lt;script&gt;alert" in html
            assert not re.search(r"<[^>]*onclick", re.sub(r'"[^"]*"', '""', html))  # within quotes it is text


def test_pages_keep_to_their_own_policy(client: Client, organiser: User, make_event: MakeEvent) -> None:
    event = make_event(description="text")
    client.force_login(organiser)

    for url in ("/", event.get_absolute_url(), f"{event.get_absolute_url()}edit/", "/accounts/profile/"):
        html = html_of(client, url)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)
        assert all("src=" in tag or "application/json" in tag for tag in re.findall(r"<script[^>]*>", html))


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_of_an_event_costs_the_same_however_many_subscribed(
    client: Client,
    make_user: MakeUser,
    subscriber: User,
    make_event: MakeEvent,
    at: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
    rows: int,
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at, leads=list(range(1, rows + 1)))
    for number in range(rows):
        subscribe(event, actor=make_user(f"follower{number}"), at=at)
    client.force_login(subscriber)

    with django_assert_num_queries(EVENT_QUERIES):
        client.get(event.get_absolute_url())
