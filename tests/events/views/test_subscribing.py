"""Test subscribing on an event's page, choosing reminder times, unsubscribing, and every refusal."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from events.models import Event, Subscription
from events.services import cancel_event, subscribe
from tests.makers import MakeEvent
from tests.pages import html_of, words


def test_subscribing_keeps_the_chosen_leads(stranger_client: Client, stranger: User, make_event: MakeEvent) -> None:
    event = make_event()

    response = stranger_client.post(
        f"{event.get_absolute_url()}subscribe/", {"leads": ["60"], "other_amount": "2", "other_unit": "hours"}
    )

    assert (response.status_code, response["Location"]) == (302, event.get_absolute_url())
    assert Subscription.objects.get(user=stranger, event=event).leads == [120, 60]
    assert "You’re subscribed." in html_of(stranger_client, event.get_absolute_url())


@pytest.mark.parametrize(
    ("next_url", "location"),
    [
        ("/?from=2027-01-01#e5", "/?from=2027-01-01#e5"),
        ("//example.com/", None),
        ("https://example.com/", None),
        ("home", None),
    ],
)
def test_subscribing_and_unsubscribing_return_to_the_page_that_asked_for_it(
    stranger_client: Client, make_event: MakeEvent, next_url: str, location: str | None
) -> None:
    url = make_event().get_absolute_url()

    for name in ("subscribe", "unsubscribe"):
        response = stranger_client.post(f"{url}{name}/", {"next": next_url})

        assert (response.status_code, response["Location"]) == (302, location or url)


def test_subscribing_late_says_that_the_reminder_is_on_its_way(stranger_client: Client, make_event: MakeEvent) -> None:
    event = make_event()

    page = stranger_client.post(
        f"{event.get_absolute_url()}subscribe/", {"leads": ["4320"]}, follow=True
    ).content.decode()

    assert "You’re subscribed. A reminder is on its way." in page


def test_anonymous_readers_log_in_first_and_land_on_the_event(client: Client, make_event: MakeEvent) -> None:
    event = make_event(state="private")
    url = event.get_absolute_url()

    response = client.post(f"{url}subscribe/", {"invite": event.invite_token})

    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={url}%3Finvite%3D{event.invite_token}"


@pytest.mark.parametrize("name", ["subscribe", "leads", "unsubscribe"])
def test_reading_changes_nothing(stranger_client: Client, make_event: MakeEvent, name: str) -> None:
    event = make_event()

    assert stranger_client.get(f"{event.get_absolute_url()}{name}/").status_code == 405
    assert not Subscription.objects.exists()


def test_a_post_without_its_token_changes_nothing(stranger: User, make_event: MakeEvent) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(stranger)

    response = client.post(f"{make_event().get_absolute_url()}subscribe/")

    assert response.status_code == 403
    assert "This form has expired" in response.content.decode()


def test_subscribing_to_ones_own_event_is_refused(client: Client, organiser: User, make_event: MakeEvent) -> None:
    client.force_login(organiser)

    page = client.post(f"{make_event().get_absolute_url()}subscribe/").content.decode()

    assert "This is your own event, so you don’t need to subscribe." in page


def test_subscribing_to_ones_own_draft_is_refused(client: Client, organiser: User, make_event: MakeEvent) -> None:
    client.force_login(organiser)

    page = client.post(f"{make_event(state='draft').get_absolute_url()}subscribe/").content.decode()

    assert "This is your own event" in page


def test_subscribing_to_a_cancelled_event_is_refused(
    stranger_client: Client, organiser: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    cancel_event(event, actor=organiser, at=at)

    page = stranger_client.post(f"{event.get_absolute_url()}subscribe/").content.decode()

    assert "The event has been cancelled." in page


def begun(make_event: MakeEvent, at: datetime, *, is_over: bool) -> Event:
    """Return an event that started an hour ago."""
    event = make_event()
    over_at = at if is_over else at + timedelta(hours=1)
    Event.objects.filter(pk=event.pk).update(starts_at=at - timedelta(hours=1), ends_at=over_at, over_at=over_at)
    return event


def test_subscribing_to_an_event_that_has_ended_is_refused(
    stranger_client: Client, make_event: MakeEvent, at: datetime
) -> None:
    event = begun(make_event, at, is_over=True)

    page = stranger_client.post(f"{event.get_absolute_url()}subscribe/").content.decode()

    assert "The event has ended." in page
    assert "This event has ended." in page
    assert f'action="{event.get_absolute_url()}subscribe/"' not in page


def test_subscribing_to_what_is_under_way_promises_changes_and_keeps_the_default_leads(
    stranger_client: Client, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    event = begun(make_event, at, is_over=False)
    before = html_of(stranger_client, event.get_absolute_url())
    leads = re.findall(r'<input type="hidden" name="leads" value="(\d+)"', before)

    page = stranger_client.post(f"{event.get_absolute_url()}subscribe/", {"leads": leads}, follow=True).content.decode()

    assert "This event has started." in before
    assert "Subscribe and we’ll let you know if anything changes." in before
    assert "Choose reminder times" not in before
    assert "You’re subscribed. This event has started." in page
    assert Subscription.objects.get(user=stranger).leads == stranger.default_leads


def test_page_offers_a_reminder_when_it_starts(
    stranger_client: Client, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()

    page = stranger_client.post(f"{event.get_absolute_url()}subscribe/", {"leads": ["0"]}, follow=True).content.decode()

    assert "When it starts" in page
    assert Subscription.objects.get(user=stranger).leads == [0]


def test_subscribing_twice_is_refused(
    stranger_client: Client, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=stranger, at=at, leads=[60])

    page = stranger_client.post(f"{event.get_absolute_url()}subscribe/", {"leads": ["10"]}).content.decode()

    assert "You’re already subscribed to this event." in page
    assert Subscription.objects.get().leads == [60]


def test_subscribing_over_quota_is_refused(
    stranger_client: Client, stranger: User, make_event: MakeEvent, at: datetime, settings: Settings
) -> None:
    settings.MAX_SUBSCRIPTIONS_PER_USER = 1
    subscribe(make_event(), actor=stranger, at=at)

    page = stranger_client.post(f"{make_event().get_absolute_url()}subscribe/").content.decode()

    assert "You’ve reached the limit of 1 subscription to upcoming events." in page


def test_impossible_leads_keep_what_was_ticked(stranger_client: Client, make_event: MakeEvent) -> None:
    event = make_event(starts_at=datetime(2030, 12, 6, 18, tzinfo=UTC))

    page = stranger_client.post(
        f"{event.get_absolute_url()}subscribe/", {"leads": ["10"], "other_amount": "1000000", "other_unit": "days"}
    ).content.decode()

    assert "Reminders can be at the start or up to 30 days before it." in page
    assert re.search(r'name="leads" value="10"[^>]*checked', page)
    assert re.search(r'name="other_amount" value="1000000"', page)
    assert re.search(r'value="days"[^>]*selected', page)
    assert not Subscription.objects.exists()


def test_leads_can_be_changed(stranger_client: Client, stranger: User, make_event: MakeEvent, at: datetime) -> None:
    event = make_event()
    subscription = subscribe(event, actor=stranger, at=at, leads=[60])

    response = stranger_client.post(f"{event.get_absolute_url()}leads/", {"leads": ["10", "180"]})

    assert response.status_code == 302
    assert subscription.leads == [180, 10]


def test_leads_without_a_subscription_are_404(stranger_client: Client, make_event: MakeEvent) -> None:
    assert stranger_client.post(f"{make_event().get_absolute_url()}leads/", {"leads": ["10"]}).status_code == 404


def test_unsubscribing_twice_is_no_error(
    stranger_client: Client, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=stranger, at=at)

    for _ in range(2):
        response = stranger_client.post(f"{event.get_absolute_url()}unsubscribe/")
        assert (response.status_code, response["Location"]) == (302, event.get_absolute_url())

    assert not Subscription.objects.exists()


def test_unsubscribing_from_a_private_event_leads_to_what_can_be_seen(
    stranger_client: Client, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(state="private")
    subscribe(event, actor=stranger, at=at)

    response = stranger_client.post(f"{event.get_absolute_url()}unsubscribe/")

    assert response["Location"] == "/subscriptions/"


# Where things are, and what is shown afterwards


def test_button_comes_after_the_reminder_times_that_it_confirms(
    stranger_client: Client, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    before = html_of(stranger_client, event.get_absolute_url())
    subscribe(event, actor=stranger, at=at)
    after = html_of(stranger_client, event.get_absolute_url())

    for page, button in ((before, "Subscribe"), (after, "Save reminders")):
        times, ending = page.split('name="other_unit"')
        assert re.search(rf"{button}\s*</button>", ending)
        assert not re.search(rf"{button}\s*</button>", times)


@pytest.mark.parametrize("name", ["subscribe", "leads"])
def test_adding_a_typed_lead_shows_it_ticked_and_saves_nothing(
    stranger_client: Client, stranger: User, make_event: MakeEvent, at: datetime, name: str
) -> None:
    event = make_event()
    if name == "leads":
        subscribe(event, actor=stranger, at=at, leads=[60])
    inputs = {"leads": ["10"], "other_amount": "45", "other_unit": "minutes", "add_lead": "1"}

    page = stranger_client.post(f"{event.get_absolute_url()}{name}/", inputs).content.decode()

    ticked = re.findall(r'name="leads" value="(\d+)"[^>]*checked', page)
    assert ticked == ["10", "45"]
    assert '<details class="disclosure" open>' in page
    assert 'value="45" id' not in page.split('name="other_amount"')[1][:200]
    assert len(re.findall(" autofocus", page)) == 1
    assert [each.leads for each in Subscription.objects.all()] == ([[60]] if name == "leads" else [])


def test_adding_keeps_leads_that_have_passed(stranger_client: Client, make_event: MakeEvent, at: datetime) -> None:
    url = make_event(starts_at=at + timedelta(hours=2)).get_absolute_url()
    inputs = {"leads": ["10", "1440"], "other_amount": "2", "other_unit": "days", "add_lead": "1"}

    page = stranger_client.post(f"{url}subscribe/", inputs).content.decode()

    assert re.findall(r'name="leads" value="(\d+)"[^>]*checked', page) == ["10", "1440", "2880"]


@pytest.mark.parametrize(
    ("amount", "error"),
    [
        ("", "Enter how long before the start."),
        ("4.5", "Enter a whole number."),
        ("99999", "Reminders can be at the start or up to 30 days before it."),
    ],
)
def test_what_cannot_be_added_is_answered_beside_its_field_as_in_the_promise(
    stranger_client: Client, make_event: MakeEvent, amount: str, error: str
) -> None:
    url, inputs = make_event().get_absolute_url(), {"leads": ["10"], "other_amount": amount, "other_unit": "minutes"}

    page = stranger_client.post(f"{url}subscribe/", inputs | {"add_lead": "1"}).content.decode()
    part = html_of(stranger_client, f"{url}promise/?{urlencode(inputs, doseq=True)}")

    assert error in page.split('id="id_other_amount_error"')[1]
    assert (error in part) == bool(amount)
    # The first that asks for the focus gets it.
    assert re.findall(r"<(\w+)[^>]*\sautofocus", page)[:1] == ["div"]


def test_promise_of_a_form_names_what_is_typed_and_saves_nothing(
    stranger_client: Client, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(starts_at=datetime(2030, 12, 6, 18, tzinfo=UTC))
    url = f"{event.get_absolute_url()}promise/?leads=1440&other_amount=45&other_unit=minutes"

    before = words(html_of(stranger_client, url))
    subscribe(event, actor=stranger, at=at, leads=[1440])
    unsaved = words(html_of(stranger_client, url))
    saved = words(html_of(stranger_client, f"{event.get_absolute_url()}promise/?leads=1440"))

    moments = "Thu 5 Dec 2030 18:00 Fri 6 Dec 2030 17:15"
    assert f"Subscribe and we’ll remind you {moments}" in before
    assert f"Save and we’ll remind you {moments}" in unsaved
    assert "We’ll remind you Thu 5 Dec 2030 18:00" in saved
    assert Subscription.objects.get().leads == [1440]


@pytest.mark.parametrize("page", ["promise", "own-time"])
def test_parts_of_a_private_event_need_its_invite(client: Client, make_event: MakeEvent, page: str) -> None:
    event = make_event(state="private")
    url = f"{event.get_absolute_url()}{page}/"

    assert client.get(url).status_code == 404
    response = client.get(url, {"invite": event.invite_token})
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]


def test_page_of_a_private_event_passes_its_invite_on(client: Client, make_event: MakeEvent) -> None:
    event = make_event(state="private")
    query = f"?invite={event.invite_token}"

    page = html_of(client, event.get_absolute_url() + query)

    assert f'data-own-time="{event.get_absolute_url()}own-time/{query}"' in page


def test_visitors_get_their_own_time_as_a_reader_of_that_zone_sees_it(
    client: Client, stranger: User, make_event: MakeEvent
) -> None:
    event = make_event(starts_at=datetime(2030, 12, 6, 1, tzinfo=UTC), time_zone="Europe/Rome")
    url = f"{event.get_absolute_url()}own-time/"
    parts = {
        zone: words(html_of(client, f"{url}?zone={zone}")) for zone in ("America/New_York", "Europe/Paris", "x", "")
    }
    stranger.time_zone = "America/New_York"
    stranger.save()
    client.force_login(stranger)

    page = html_of(client, event.get_absolute_url())

    own = words(page.split('class="fact-own">')[1].split("</dd>")[0])
    assert parts == {"America/New_York": own, "Europe/Paris": "", "x": "", "": ""}
    assert own == "Thu 5 Dec 2030, 20:00 your time"
    assert "data-own-time" not in page


def test_what_was_done_is_said_in_the_panel_where_the_focus_is(stranger_client: Client, make_event: MakeEvent) -> None:
    url = make_event(headline="Concert").get_absolute_url()
    said = []

    for name in ("subscribe", "leads", "unsubscribe"):
        page = stranger_client.post(f"{url}{name}/", {"leads": ["10"]}, follow=True).content.decode()
        said.append(words(page.split('id="acted"')[1].split("</p>")[0].split(">", 1)[1]))
        focused = re.findall(r"<(\w+)[^>]* autofocus aria-describedby=\"acted\"", page)
        assert focused == [{"subscribe": "p", "leads": "summary", "unsubscribe": "button"}[name]]
        assert 'class="messages"' not in page

    assert said == ["You’re subscribed.", "Reminder times saved.", "You’ve unsubscribed from “Concert”."]
    assert 'id="acted"' not in html_of(stranger_client, url)


def test_removing_a_cancelled_event_is_said_in_its_panel(
    stranger_client: Client, stranger: User, organiser: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=stranger, at=at)
    cancel_event(event, actor=organiser, at=at)

    page = stranger_client.post(f"{event.get_absolute_url()}unsubscribe/", follow=True).content.decode()

    assert "You’ve unsubscribed" in page.split('id="acted"')[1]
