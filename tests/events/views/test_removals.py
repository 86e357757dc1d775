"""Test the pages on which an organiser removes subscribers and allows them again, and what removed people see."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.models import Event, Removal
from events.services import remove_subscriber, renew_invite, subscribe
from events.views import subscribers as views
from tests.makers import MakeEvent, MakeUser
from tests.pages import html_of, main_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def older_private_event(make_event: MakeEvent, subscriber: User, stranger: User, at: datetime) -> Event:
    """Return a private event with one subscriber of three days ago and one of today."""
    event = make_event(state="private", at=at - timedelta(days=3))
    subscribe(event, actor=subscriber, at=at - timedelta(days=3))
    subscribe(event, actor=stranger, at=at)
    return event


def page_of(event: Event, page: str = "") -> str:
    return f"{event.get_absolute_url()}subscribers/{page}"


def names(event: Event) -> list[str]:
    return sorted(event.subscriptions.values_list("user__username", flat=True))


# ------------------------------------------------------------------------------------------------------------ one


def test_subscriber_is_removed_after_a_question(
    organiser_client: Client, subscribed_event: Event, subscriber: User
) -> None:
    url = page_of(subscribed_event, f"{subscriber.pk}/remove/")
    listed = " ".join(html_of(organiser_client, page_of(subscribed_event)).split())
    assert f'href="{url}" aria-label="Remove subscriber"' in listed

    asked = organiser_client.get(url)
    assert names(subscribed_event) == ["subscriber"]
    response = organiser_client.post(url, follow=True)

    assert "Remove subscriber?" in main_text(asked)
    assert response.redirect_chain == [(page_of(subscribed_event), 302)]
    assert "Subscriber removed." in response.content.decode()
    assert "Removed These people can’t subscribe again until you allow it." in main_text(response)
    assert names(subscribed_event) == []


def test_question_about_somebody_who_has_left_leads_back_to_the_list(
    organiser_client: Client, subscribed_event: Event, stranger: User
) -> None:
    for user_pk in (stranger.pk, 987_654, 2**70):
        response = organiser_client.get(page_of(subscribed_event, f"{user_pk}/remove/"))

        assert (response.status_code, response["Location"]) == (302, page_of(subscribed_event))
        assert organiser_client.post(page_of(subscribed_event, f"{user_pk}/remove/")).status_code == 302
    assert names(subscribed_event) == ["subscriber"]


def test_removed_person_is_listed_and_allowed_again(
    organiser_client: Client, subscribed_event: Event, organiser: User, subscriber: User, at: datetime
) -> None:
    remove_subscriber(subscribed_event, actor=organiser, user_id=subscriber.pk, at=at)
    url = page_of(subscribed_event, f"{subscriber.pk}/allow/")
    assert f'action="{url}"' in html_of(organiser_client, page_of(subscribed_event))
    assert organiser_client.get(url).status_code == 405

    response = organiser_client.post(url, follow=True)

    assert "They can subscribe again." in response.content.decode()
    assert f'action="{url}"' not in response.content.decode()
    assert not Removal.objects.exists()
    assert organiser_client.post(page_of(subscribed_event, f"{2**70}/allow/")).status_code == 302


def test_removed_people_are_listed_page_by_page(
    organiser_client: Client,
    subscribed_event: Event,
    organiser: User,
    make_user: MakeUser,
    at: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("events.presentation.subscribers.PAGE_SIZE", 2)
    for number in range(3):
        remove_subscriber(subscribed_event, actor=organiser, user_id=make_user(f"fan{number}").pk, at=at)

    first = html_of(organiser_client, page_of(subscribed_event))
    [position] = re.findall(r"\?removed_before=(\d+)", first)
    second = html_of(organiser_client, page_of(subscribed_event), {"removed_before": position})

    assert re.findall(r'aria-label="Allow (\w+) again"', first) == ["fan2", "fan1"]
    assert re.findall(r'aria-label="Allow (\w+) again"', second) == ["fan0"]
    assert organiser_client.get(page_of(subscribed_event), {"removed_before": "soon"}).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_page_with_removed_people_costs_the_same_for_one_and_for_three(
    organiser_client: Client,
    subscribed_event: Event,
    organiser: User,
    make_user: MakeUser,
    at: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for number in range(count):
        remove_subscriber(subscribed_event, actor=organiser, user_id=make_user(f"fan{number}").pk, at=at)

    with django_assert_num_queries(6):
        page = html_of(organiser_client, page_of(subscribed_event))

    assert page.count('aria-label="Allow ') == count


@pytest.mark.parametrize("page", ["remove/", "{user}/remove/", "{user}/allow/"])
@pytest.mark.parametrize("state", ["public", "private"])
def test_pages_are_for_the_organiser_alone(
    client: Client,
    organiser: User,
    subscriber: User,
    stranger: User,
    make_event: MakeEvent,
    at: datetime,
    state: str,
    page: str,
) -> None:
    event = make_event(state=state)
    subscribe(event, actor=subscriber, at=at)
    url = page_of(event, page.format(user=subscriber.pk))

    anonymous = client.post(url)
    client.force_login(stranger)
    by_stranger = client.post(url)
    client.force_login(subscriber)
    by_subscriber = client.post(url)

    assert anonymous.status_code == 302
    assert by_stranger.status_code == (403 if state == "public" else 404)
    assert by_subscriber.status_code == 403
    assert names(event) == ["subscriber"]


# ------------------------------------------------------------------------------------------- what who was removed sees


def test_removed_person_sees_the_public_event_as_a_stranger_and_is_refused_without_a_reason(
    client: Client, subscribed_event: Event, organiser: User, subscriber: User, at: datetime
) -> None:
    remove_subscriber(subscribed_event, actor=organiser, user_id=subscriber.pk, at=at)
    client.force_login(subscriber)

    shown = client.get(subscribed_event.get_absolute_url())
    refused = client.post(f"{subscribed_event.get_absolute_url()}subscribe/", {"leads": ["60"]})

    assert "Subscribe" in main_text(shown)
    assert "Unsubscribe" not in main_text(shown)
    assert refused.status_code == 200
    assert "You can’t subscribe to this event." in main_text(refused)
    for response in (shown, refused, client.get("/subscriptions/")):
        assert "removed" not in main_text(response).lower()
    assert names(subscribed_event) == []


@pytest.mark.parametrize(("method", "page"), [("get", ""), ("get", "calendar.ics"), ("post", "subscribe/")])
def test_removed_person_with_the_same_link_is_answered_as_with_a_wrong_one(
    client: Client, older_private_event: Event, organiser: User, subscriber: User, at: datetime, method: str, page: str
) -> None:
    remove_subscriber(older_private_event, actor=organiser, user_id=subscriber.pk, at=at)
    client.force_login(subscriber)

    def answer(invite: str) -> tuple[int, str]:
        response = getattr(client, method)(f"{older_private_event.get_absolute_url()}{page}?invite={invite}")
        return response.status_code, main_text(response)

    assert answer(older_private_event.invite_token) == answer("f" * 32)
    assert answer(older_private_event.invite_token)[0] == 404


def test_removed_person_subscribes_again_by_a_renewed_link(
    client: Client, older_private_event: Event, organiser: User, subscriber: User, at: datetime
) -> None:
    remove_subscriber(older_private_event, actor=organiser, user_id=subscriber.pk, at=at)
    invite = renew_invite(older_private_event, actor=organiser).invite_token
    client.force_login(subscriber)

    response = client.post(
        f"{older_private_event.get_absolute_url()}subscribe/", {"leads": ["60"], "invite": invite}, follow=True
    )

    assert response.status_code == 200
    assert names(older_private_event) == ["stranger", "subscriber"]


# ------------------------------------------------------------------------------------------ those of an old invite


def test_invite_is_renewed_after_a_question(organiser_client: Client, older_private_event: Event) -> None:
    url = f"{older_private_event.get_absolute_url()}invite/"
    assert f'href="{url}"' in html_of(organiser_client, older_private_event.get_absolute_url())

    asked = organiser_client.get(url)
    assert Event.objects.get().invite_token == older_private_event.invite_token
    response = organiser_client.post(url, {"since": ""})

    assert "Reset the invite link?" in main_text(asked)
    assert response["Location"] == older_private_event.get_absolute_url()
    assert Event.objects.get().invite_token != older_private_event.invite_token
    assert names(older_private_event) == ["stranger", "subscriber"]


def test_renewal_with_a_day_shows_who_subscribed_since_before_it_removes_them(
    organiser_client: Client, older_private_event: Event, subscriber: User, at: datetime
) -> None:
    today = at.date().isoformat()

    shown = organiser_client.post(f"{older_private_event.get_absolute_url()}invite/", {"since": today}, follow=True)

    assert shown.redirect_chain == [(page_of(older_private_event, f"remove/?since={today}"), 302)]
    assert "1 subscriber will be removed Untick anyone who should stay. stranger since" in main_text(shown)
    assert names(older_private_event) == ["stranger", "subscriber"]
    [ticked] = re.findall(r'name="subscription" value="(\d+)" checked', shown.content.decode())

    response = organiser_client.post(
        page_of(older_private_event, f"remove/?since={today}"), {"subscription": ticked}, follow=True
    )

    assert response.redirect_chain == [(page_of(older_private_event), 302)]
    assert "1 subscriber removed." in response.content.decode()
    assert names(older_private_event) == ["subscriber"]


@pytest.mark.parametrize(("days_ago", "shown"), [(3, ["stranger", "subscriber"]), (2, ["stranger"])])
def test_day_begins_with_its_midnight(
    organiser_client: Client, older_private_event: Event, organiser: User, at: datetime, days_ago: int, shown: list[str]
) -> None:
    renew_invite(older_private_event, actor=organiser)
    since = (at - timedelta(days=days_ago)).date().isoformat()

    page = html_of(organiser_client, page_of(older_private_event, "remove/"), {"since": since})

    assert re.findall(r'<span class="subscriber-name">(\w+)</span>', page) == shown


def test_subscriber_by_the_present_link_is_not_among_those_to_be_removed(
    organiser_client: Client, older_private_event: Event, organiser: User, make_user: MakeUser, at: datetime
) -> None:
    renew_invite(older_private_event, actor=organiser)
    subscribe(older_private_event, actor=make_user("invited"), at=at)

    page = organiser_client.get(page_of(older_private_event, "remove/"), {"since": "2020-01-01"})

    assert "2 subscribers will be removed" in main_text(page)
    assert "invited" not in main_text(page)


def test_more_than_a_page_shows_are_removed_page_by_page_and_the_unticked_stay(
    organiser_client: Client,
    older_private_event: Event,
    organiser: User,
    make_user: MakeUser,
    at: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("events.presentation.subscribers.MAX_REMOVED_AT_ONCE", 2)
    subscribe(older_private_event, actor=make_user("third"), at=at)
    renew_invite(older_private_event, actor=organiser)
    url = page_of(older_private_event, "remove/?since=2020-01-01")

    first = organiser_client.get(url)
    ticked = re.findall(r'name="subscription" value="(\d+)" checked', first.content.decode())
    [older] = re.findall(r'name="older" value="(\d+)"', first.content.decode())
    second = organiser_client.post(url, {"subscription": ticked[:1], "older": older}, follow=True)

    assert "3 subscribers will be removed" in main_text(first)
    assert second.redirect_chain == [(f"{url}&before={older}", 302)]
    assert "1 more subscriber will be removed" in main_text(second)
    assert names(older_private_event) == ["stranger", "subscriber"]


def test_nobody_ticked_removes_nobody(organiser_client: Client, older_private_event: Event, organiser: User) -> None:
    renew_invite(older_private_event, actor=organiser)

    response = organiser_client.post(page_of(older_private_event, "remove/?since=2020-01-01"), follow=True)

    assert "0 subscribers removed." in response.content.decode()
    assert names(older_private_event) == ["stranger", "subscriber"]


@pytest.mark.parametrize(
    "sent",
    [
        {"subscription": "x"},
        {"subscription": "0"},
        {"subscription": str(2**63)},
        {"subscription": "٣"},
        {"subscription": [str(number) for number in range(1, views.MAX_REMOVED_AT_ONCE + 2)]},
        {"older": "-1"},
    ],
)
def test_removal_that_no_page_sends_is_refused(
    organiser_client: Client, older_private_event: Event, organiser: User, sent: dict[str, Any]
) -> None:
    renew_invite(older_private_event, actor=organiser)

    assert organiser_client.post(page_of(older_private_event, "remove/?since=2020-01-01"), sent).status_code == 400
    assert names(older_private_event) == ["stranger", "subscriber"]


@pytest.mark.parametrize("since", ["", "soon", "2999-01-01", "0001-01-01", "1999-12-31"])
def test_day_that_is_none_or_to_come_is_refused_beside_its_field(
    organiser_client: Client, older_private_event: Event, organiser: User, since: str
) -> None:
    renew_invite(older_private_event, actor=organiser)

    response = organiser_client.get(page_of(older_private_event, "remove/"), {"since": since})

    assert response.status_code == 200
    assert 'id="id_since_error"' in response.content.decode()
    assert "would be removed" not in main_text(response)


def test_renewal_with_a_day_to_come_renews_nothing(organiser_client: Client, older_private_event: Event) -> None:
    response = organiser_client.post(f"{older_private_event.get_absolute_url()}invite/", {"since": "2999-01-01"})

    assert "This date is in the future." in main_text(response)
    assert Event.objects.get().invite_token == older_private_event.invite_token


def test_page_says_that_the_link_was_never_renewed(organiser_client: Client, older_private_event: Event) -> None:
    assert "You haven’t reset the invite link yet." in main_text(
        organiser_client.get(page_of(older_private_event, "remove/"))
    )


def test_day_after_which_nobody_subscribed_says_so(
    organiser_client: Client, make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    event = make_event(state="private", at=at - timedelta(days=3))
    subscribe(event, actor=subscriber, at=at - timedelta(days=3))
    renew_invite(event, actor=organiser)

    page = organiser_client.get(page_of(event, "remove/"), {"since": at.date().isoformat()})

    assert "No current subscribers have used an old link since then." in main_text(page)


@pytest.mark.parametrize("count", [1, 3])
def test_page_of_those_to_be_removed_costs_the_same_for_one_and_for_three(
    organiser_client: Client,
    make_event: MakeEvent,
    organiser: User,
    make_user: MakeUser,
    at: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    event = make_event(state="private")
    for number in range(count):
        subscribe(event, actor=make_user(f"fan{number}"), at=at)
    renew_invite(event, actor=organiser)

    with django_assert_num_queries(6):  # session, user, event, subscriptions with users, their number, bell
        page = html_of(organiser_client, page_of(event, "remove/"), {"since": "2020-01-01"})

    assert page.count(" checked") == count
