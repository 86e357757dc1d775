"""The page of an organiser: what everybody may see of theirs."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.models import Event
from events.services import cancel_event

MakeEvent = Callable[..., Event]

pytestmark = pytest.mark.django_db


def headlines(client: Client, address: str) -> list[str]:
    return [event.headline for event in client.get(address).context["page"].events]


def test_organiser_page_shows_what_is_public_and_live(
    client: Client, owner: User, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    make_event(actor=owner, headline="Public")
    make_event(actor=owner, headline="Private", state="private")
    make_event(actor=owner, headline="Draft", state="draft")
    make_event(actor=stranger, headline="Somebody else’s")
    cancel_event(make_event(actor=owner, headline="Cancelled"), actor=owner, at=at)

    assert headlines(client, f"/people/{owner.username}/") == ["Public"]
    assert headlines(client, f"/people/{owner.username.upper()}/") == ["Public"]
    assert owner.email not in client.get(f"/people/{owner.username}/").content.decode()


def test_organiser_page_shows_past_events_when_asked(
    client: Client, owner: User, make_event: MakeEvent, at: datetime
) -> None:
    make_event(actor=owner, headline="Over")
    Event.objects.update(starts_at=at - timedelta(days=3), over_at=at - timedelta(days=2), ends_at=None)

    assert headlines(client, f"/people/{owner.username}/") == []
    assert headlines(client, f"/people/{owner.username}/?past=1") == ["Over"]


def test_page_of_nobody_is_not_found(client: Client, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(is_active=False)

    assert client.get(f"/people/{owner.username}/").status_code == 404
    assert client.get("/people/nobody/").status_code == 404


def test_event_page_links_to_its_organiser(client: Client, owner: User, make_event: MakeEvent) -> None:
    event = make_event(actor=owner)

    assert f'href="/people/{owner.username}/"' in client.get(f"/events/{event.pk}/").content.decode()


def test_event_page_does_not_link_to_an_organiser_without_a_page(
    client: Client, owner: User, make_event: MakeEvent
) -> None:
    event = make_event(actor=owner)
    User.objects.filter(pk=owner.pk).update(is_active=False)

    html = client.get(f"/events/{event.pk}/").content.decode()

    assert f'<span class="organiser">{owner.username}</span>' in html
    assert "/people/" not in html


@pytest.mark.parametrize("rows", [1, 50])
def test_organiser_page_costs_the_same_however_many_rows(
    client: Client, owner: User, make_event: MakeEvent, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    for _ in range(rows):
        make_event(actor=owner)

    with django_assert_num_queries(2):
        client.get(f"/people/{owner.username}/")
