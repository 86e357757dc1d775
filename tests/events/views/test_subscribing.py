"""Test subscribing on an event's page, choosing reminder times, unsubscribing, and every refusal."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from events.models import Event, Subscription
from events.services import cancel_event, subscribe
from tests.makers import MakeEvent
from tests.pages import html_of


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
