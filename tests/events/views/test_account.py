"""Test deleting one's account in the browser: what the page says beforehand, and what it does."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from events.models import Event
from events.presentation.account_deletion import DeletionEffects, deletion_effects
from events.services import cancel_event, delete_event, subscribe
from tests.conftest import PASSWORD
from tests.makers import MakeEvent
from tests.pages import html_of

DELETE = "/accounts/delete/"
HOUR = timedelta(hours=1)


def sentences(page: bytes) -> list[str]:
    [listed] = re.findall(r'<ul class="effects">\s*<li>(.*?)</ul>', page.decode(), re.DOTALL)
    return [" ".join(each.replace("</li>", "").split()) for each in listed.split("<li>")]


def test_deletion_effects_count_upcoming_events_and_each_subscriber_once(
    make_event: MakeEvent, organiser: User, subscriber: User, stranger: User, at: datetime
) -> None:
    one, two = make_event(), make_event(state=Event.State.PRIVATE)
    make_event(state=Event.State.DRAFT)
    over = make_event(starts_at=at + HOUR)
    cancelled, deleted = make_event(), make_event()
    for event in (one, two, over, cancelled, deleted):
        subscribe(event, actor=subscriber, at=at)
    subscribe(one, actor=stranger, at=at)
    cancel_event(cancelled, actor=organiser, at=at)
    delete_event(deleted, actor=organiser, at=at)

    assert deletion_effects(organiser, at + HOUR) == DeletionEffects(events=5, cancelled=2, notified=2, subscriptions=0)
    assert deletion_effects(organiser, at + HOUR - timedelta(seconds=1)).cancelled == 3
    assert deletion_effects(subscriber, at) == DeletionEffects(events=0, cancelled=0, notified=0, subscriptions=4)
    assert deletion_effects(stranger, at) == DeletionEffects(events=0, cancelled=0, notified=0, subscriptions=1)


@pytest.mark.parametrize("count", [1, 3])
def test_page_says_what_a_deletion_removes(
    client: Client, make_event: MakeEvent, organiser: User, subscriber: User, at: datetime, count: int
) -> None:
    for _ in range(count):
        subscribe(make_event(), actor=subscriber, at=at)
    client.force_login(organiser)

    response = client.get(DELETE)

    events = {
        1: "1 upcoming event will be cancelled. 1 subscriber will be notified.",
        3: "3 upcoming events will be cancelled. 1 subscriber will be notified.",
    }
    assert response.status_code == 200
    assert sentences(response.content)[0] == events[count]


def test_page_says_only_what_will_happen(client: Client, make_event: MakeEvent, subscriber: User, at: datetime) -> None:
    subscribe(make_event(), actor=subscriber, at=at)
    client.force_login(subscriber)

    assert sentences(client.get(DELETE).content) == [
        "1 subscription will end.",
        "Your inbox, username and email address will be deleted.",
    ]


def test_deletion_effects_take_four_queries_however_much_is_deleted(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime, django_assert_num_queries: Any
) -> None:
    for count in (1, 2):
        for _ in range(count):
            subscribe(make_event(), actor=subscriber, at=at)

        with django_assert_num_queries(4):
            deletion_effects(organiser, at)


def test_password_deletes_the_account_and_logs_out(client: Client, organiser: User) -> None:
    client.force_login(organiser)

    response = client.post(DELETE, {"password": PASSWORD}, follow=True)

    organiser.refresh_from_db()
    assert response.redirect_chain == [("/", 302)]
    assert "Your account has been deleted." in response.content.decode()
    assert (organiser.is_active, organiser.deletion_requested_at is None) == (False, False)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("password", ["", "wrong"])
def test_wrong_password_deletes_nothing(client: Client, organiser: User, password: str) -> None:
    client.force_login(organiser)

    response = client.post(DELETE, {"password": password})

    organiser.refresh_from_db()
    message = "That password isn’t correct." if password else "This field is required."
    assert response.status_code == 200
    assert message in response.content.decode()
    assert (organiser.is_active, organiser.deletion_requested_at) == (True, None)


def test_page_asks_to_log_in(client: Client, db: None) -> None:
    assert client.get(DELETE)["Location"] == f"/accounts/login/?next={DELETE}"
    assert client.post(DELETE, {"password": PASSWORD})["Location"] == f"/accounts/login/?next={DELETE}"


def test_profile_leads_to_it(client: Client, organiser: User) -> None:
    client.force_login(organiser)

    assert f'href="{DELETE}"' in html_of(client, "/accounts/profile/")
