"""Test the organiser's list of an event's subscribers."""

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.models import Event, Subscription
from events.presentation.subscribers import PAGE_SIZE
from events.services import subscribe
from tests.makers import MakeEvent
from tests.pages import html_of, words

# Session, user, event, subscriptions with users and leads, removals with users, bell.
QUERIES = 6


@pytest.fixture
def event(make_event: MakeEvent) -> Event:
    return make_event()


def subscribers_url(event: Event) -> str:
    return f"{event.get_absolute_url()}subscribers/"


def subscriber_rows(client: Client, url: str) -> list[str]:
    """Return the text of each row."""
    page = html_of(client, url)
    items = re.findall(r'<li class="subscriber">(.*?)</li>', page, re.DOTALL)
    return [words(item) for item in items]


def add_subscribers(event: Event, *, count: int, at: datetime) -> list[str]:
    """Let people subscribe with two leads each; return their names, the earliest first."""
    names = [f"fan{number:02}" for number in range(count)]
    for name in names:
        person = User.objects.create(username=name, email=f"{name}@example.org")
        subscribe(event, actor=person, at=at, leads=[60, 1440])
    return names


def test_rows_say_who_since_when_and_when_they_are_reminded(
    organiser_client: Client, organiser: User, subscriber: User, stranger: User, make_event: MakeEvent
) -> None:
    organiser.time_zone = "Asia/Tokyo"
    organiser.save()
    event = make_event(
        at=datetime.fromisoformat("2020-05-01T12:00Z"), starts_at=datetime.fromisoformat("2020-06-01T12:00Z")
    )
    subscribe(event, actor=subscriber, at=datetime.fromisoformat("2020-05-03T18:00Z"), leads=[60, 1440])
    subscribe(event, actor=stranger, at=datetime.fromisoformat("2020-05-05T12:00Z"), leads=[])

    assert subscriber_rows(organiser_client, subscribers_url(event)) == [
        "s stranger since Tue 5 May 2020 Changes only Remove",
        "s subscriber since Mon 4 May 2020 1 day before and 1 hour before Remove",
    ]


@pytest.mark.parametrize(
    ("leads", "words"),
    [([60], "1 hour before"), ([60, 10080, 1440], "1 week before, 1 day before and 1 hour before")],
)
def test_row_lists_leads_from_the_longest(
    organiser_client: Client, subscriber: User, event: Event, at: datetime, leads: list[int], words: str
) -> None:
    subscribe(event, actor=subscriber, at=at, leads=leads)

    [row] = subscriber_rows(organiser_client, subscribers_url(event))

    assert re.fullmatch(rf"s subscriber since \w+ \d+ \w+(?: \d{{4}})? {words} Remove", row)


def test_pages_go_on_where_the_last_one_ended(organiser_client: Client, event: Event, at: datetime) -> None:
    names = add_subscribers(event, count=PAGE_SIZE + 1, at=at)
    last = Subscription.objects.get(user__username=names[1])

    first, second = (
        subscriber_rows(organiser_client, subscribers_url(event)),
        subscriber_rows(organiser_client, f"{subscribers_url(event)}?before={last.pk}"),
    )

    assert [row.split()[1] for row in first] == names[:0:-1]
    assert [row.split()[1] for row in second] == names[:1]
    assert f'href="?before={last.pk}"' in html_of(organiser_client, subscribers_url(event))
    assert ">Older<" not in html_of(organiser_client, f"{subscribers_url(event)}?before={last.pk}")


@pytest.mark.parametrize("count", [1, PAGE_SIZE])
def test_page_costs_the_same_for_one_row_and_for_many(
    organiser_client: Client,
    event: Event,
    at: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    add_subscribers(event, count=count, at=at)

    with django_assert_num_queries(QUERIES):
        assert len(subscriber_rows(organiser_client, subscribers_url(event))) == count


@pytest.mark.parametrize("before", ["soon", "0", "-1", str(2**63), "9" * 5_000])
def test_position_that_is_none_is_not_found(organiser_client: Client, event: Event, before: str) -> None:
    assert organiser_client.get(subscribers_url(event), {"before": before}).status_code == 404


def test_position_beyond_the_first_subscription_says_so(organiser_client: Client, event: Event) -> None:
    page = html_of(organiser_client, subscribers_url(event), {"before": "1"})

    assert "No earlier subscribers." in page


def test_event_without_subscribers_says_what_to_do(organiser_client: Client, event: Event) -> None:
    assert "No subscribers yet." in html_of(organiser_client, subscribers_url(event))


def test_somebody_whose_account_is_closed_is_no_link(
    organiser_client: Client, event: Event, subscriber: User, stranger: User, at: datetime
) -> None:
    for user in (subscriber, stranger):
        subscribe(event, actor=user, at=at)
    User.objects.filter(pk=stranger.pk).update(is_active=False)

    page = html_of(organiser_client, subscribers_url(event))

    assert re.findall(r'<a class="organiser" href="([^"]+)"', page) == ["/people/subscriber/"]


@pytest.mark.parametrize(("state", "status"), [("public", 403), ("private", 404)])
def test_only_the_organiser_sees_subscribers(
    client: Client, stranger: User, make_event: MakeEvent, state: str, status: int
) -> None:
    client.force_login(stranger)

    assert client.get(subscribers_url(make_event(state=state))).status_code == status


def test_event_page_and_delivery_page_link_to_them(
    organiser_client: Client, event: Event, subscriber: User, at: datetime
) -> None:
    subscribe(event, actor=subscriber, at=at + timedelta(seconds=1))

    for path in (event.get_absolute_url(), f"{event.get_absolute_url()}delivery/"):
        assert f'href="{subscribers_url(event)}"' in html_of(organiser_client, path)
