"""Test the public page of an organiser."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.models import Event
from events.services import cancel_event
from tests.makers import MakeEvent
from tests.pages import html_of, listed_headlines

pytestmark = pytest.mark.django_db


def test_organiser_page_shows_what_is_public_and_live(
    client: Client, organiser: User, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    make_event(actor=organiser, headline="Public")
    make_event(actor=organiser, headline="Private", state="private")
    make_event(actor=organiser, headline="Draft", state="draft")
    make_event(actor=stranger, headline="Somebody else’s")
    cancel_event(make_event(actor=organiser, headline="Cancelled"), actor=organiser, at=at)

    assert listed_headlines(client, f"/people/{organiser.username}/") == ["Public"]
    assert listed_headlines(client, f"/people/{organiser.username.upper()}/") == ["Public"]
    assert organiser.email not in html_of(client, f"/people/{organiser.username}/")


def test_organiser_page_shows_past_events_when_asked(
    client: Client, organiser: User, make_event: MakeEvent, at: datetime
) -> None:
    make_event(actor=organiser, headline="Over")
    Event.objects.update(starts_at=at - timedelta(days=3), over_at=at - timedelta(days=2), ends_at=None)

    assert listed_headlines(client, f"/people/{organiser.username}/") == []
    assert listed_headlines(client, f"/people/{organiser.username}/?past=1") == ["Over"]


def test_page_of_nobody_is_not_found(client: Client, organiser: User) -> None:
    User.objects.filter(pk=organiser.pk).update(is_active=False)

    assert client.get(f"/people/{organiser.username}/").status_code == 404
    assert client.get("/people/nobody/").status_code == 404


def test_event_page_links_to_its_organiser(client: Client, organiser: User, make_event: MakeEvent) -> None:
    event = make_event(actor=organiser)

    assert f'href="/people/{organiser.username}/"' in html_of(client, f"/events/{event.pk}/")


def test_event_page_does_not_link_to_an_organiser_without_a_page(
    client: Client, organiser: User, make_event: MakeEvent
) -> None:
    event = make_event(actor=organiser)
    User.objects.filter(pk=organiser.pk).update(is_active=False)

    html = html_of(client, f"/events/{event.pk}/")

    assert f'<span class="organiser">{organiser.username}</span>' in html
    assert "/people/" not in html


@pytest.mark.parametrize("rows", [1, 50])
def test_organiser_page_costs_the_same_however_many_rows(
    client: Client, organiser: User, make_event: MakeEvent, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    for _ in range(rows):
        make_event(actor=organiser)

    with django_assert_num_queries(3):
        client.get(f"/people/{organiser.username}/")
