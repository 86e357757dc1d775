"""Test the inbox over the API: listing, resuming, counting and marking as read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from events.local_time import utc_text
from events.services import announce, subscribe
from notifications.delivery.sweeper import sweep
from notifications.feed.push import payload
from notifications.models import Notification
from tests.makers import Api, MakeEvent, MakeNotification
from tests.problems import assert_problem

INBOX = "/api/v1/notifications/"


def ids(response: Any) -> list[int]:
    assert response.status_code == 200
    return [each["id"] for each in response.json()["results"]]


# ------------------------------------------------------------------------------------------------------------- listing


def test_inbox_shows_what_the_socket_sends(
    api: Api, organiser: User, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(starts_at=at + timedelta(hours=1), location="Duomo")
    subscribe(event, actor=subscriber, at=at, leads=[1440])
    announce(event, actor=organiser, at=at, message="Bring a chair.")
    sweep(clock=lambda: at)

    shown = api(subscriber).get(INBOX).json()["results"]

    assert [each["kind"] for each in shown] == ["reminder", "message"]
    assert shown == [payload(row) for row in Notification.objects.order_by("-id")]


def test_inbox_shows_a_read_one_whose_event_is_gone_as_the_socket_does(
    api: Api, subscriber: User, make_notification: MakeNotification, at: datetime
) -> None:
    row = make_notification(event=None, read_at=at, detail={"before": {}, "after": {}, "text": "Hello"})

    assert api(subscriber).get(INBOX).json()["results"] == [payload(row)]


def test_inbox_has_the_newest_first_and_nobody_elses(
    api: Api, subscriber: User, stranger: User, make_notification: MakeNotification
) -> None:
    first, second = make_notification(), make_notification()
    make_notification(recipient=stranger)

    assert ids(api(subscriber).get(INBOX)) == [second.pk, first.pk]


def test_inbox_comes_in_pages(api: Api, subscriber: User, make_notification: MakeNotification) -> None:
    rows = [make_notification().pk for _ in range(3)]
    client = api(subscriber)

    first = client.get(f"{INBOX}?page_size=2")
    second = client.get(first.json()["next"])

    assert ids(first) + ids(second) == rows[::-1]
    assert ids(client.get(second.json()["previous"])) == ids(first)


def test_unread_filters_both_ways(
    api: Api, subscriber: User, make_notification: MakeNotification, at: datetime
) -> None:
    unread, read = make_notification(), make_notification(read_at=at)

    assert ids(api(subscriber).get(f"{INBOX}?unread=true")) == [unread.pk]
    assert ids(api(subscriber).get(f"{INBOX}?unread=false")) == [read.pk]


def test_after_gives_greater_ids_and_the_last_minute_oldest_first(
    api: Api, subscriber: User, make_notification: MakeNotification, at: datetime
) -> None:
    old = at - timedelta(minutes=2)
    make_notification(created_at=old)
    recent, known, new = make_notification(created_at=at), *(make_notification(created_at=old) for _ in range(2))

    assert ids(api(subscriber).get(f"{INBOX}?after={known.pk}")) == [recent.pk, new.pk]


def test_after_comes_in_pages_too(api: Api, subscriber: User, make_notification: MakeNotification) -> None:
    rows = [make_notification().pk for _ in range(3)]
    client = api(subscriber)

    first = client.get(f"{INBOX}?after=0&page_size=2")

    assert ids(first) + ids(client.get(first.json()["next"])) == rows


@pytest.mark.parametrize(
    ("language", "sentence", "own_time"),
    [
        ("en", "Started Fri 4 Dec 2020 18:00 Rome time", "Fri 4 Dec 2020 12:00 your time"),
        ("de", "Begann am Fr., 4. Dez. 2020, 18:00 Ortszeit Rom", "Fr., 4. Dez. 2020, 12:00 bei dir"),
    ],
)
def test_wording_is_added_in_the_language_and_the_zone_that_are_asked_for(
    api: Api, subscriber: User, make_notification: MakeNotification, language: str, sentence: str, own_time: str
) -> None:
    row = make_notification(kind="reminder", starts_at=datetime(2020, 12, 4, 17, tzinfo=UTC))

    [shown] = api(subscriber).get(f"{INBOX}?language={language}&time_zone=America/New_York").json()["results"]

    assert shown == payload(row) | {"wording": {"sentence": sentence, "own_time": own_time, "quote": ""}}


@pytest.mark.parametrize(("query", "name"), [("language=de", "time_zone"), ("time_zone=Europe/Rome", "language")])
def test_language_and_time_zone_are_refused_without_each_other(
    api: Api, subscriber: User, query: str, name: str
) -> None:
    response = api(subscriber).get(f"{INBOX}?{query}")

    assert response.status_code == 400
    assert response.json()["fields"] == {name: ["Send `language` and `time_zone` together."]}


@pytest.mark.parametrize(
    "query",
    [
        *("unread=yes", "unread=1", "after=x", "after=-1", "after=9223372036854775808"),
        *("language=xx&time_zone=Europe/Rome", "time_zone=Europe/Nowhere&language=de"),
    ],
)
def test_query_that_is_not_understood_is_refused(api: Api, subscriber: User, query: str) -> None:
    response = api(subscriber).get(f"{INBOX}?{query}")

    assert_problem(response, 400, "invalid")
    assert list(response.json()["fields"]) == [query.partition("=")[0]]


def test_inbox_takes_the_same_queries_for_one_and_three(
    api: Api, subscriber: User, make_notification: MakeNotification, django_assert_num_queries: Any
) -> None:
    client = api(subscriber)

    for rows, more in ((1, 1), (3, 2)):
        for _ in range(more):
            make_notification()
        # The user with the API session, notifications.
        with django_assert_num_queries(2):
            assert len(ids(client.get(INBOX))) == rows


# ------------------------------------------------------------------------------------------------- counting and reading


def test_unread_ones_are_counted(
    api: Api, subscriber: User, stranger: User, make_notification: MakeNotification, at: datetime
) -> None:
    make_notification(), make_notification(), make_notification(read_at=at), make_notification(recipient=stranger)

    response = api(subscriber).get(f"{INBOX}unread-count/")

    assert response.json() == {"unread": 2}


def test_some_are_marked_read_and_foreign_ones_are_not(
    api: Api, subscriber: User, stranger: User, make_notification: MakeNotification
) -> None:
    first, _, foreign = make_notification(), make_notification(), make_notification(recipient=stranger)

    response = api(subscriber).post(f"{INBOX}mark-read/", {"ids": [first.pk, foreign.pk, 99_999]})

    first.refresh_from_db()
    assert first.read_at
    assert response.status_code == 200
    assert response.json() == {"unread": 1, "read_at": utc_text(first.read_at)}
    assert list(Notification.objects.unread().filter(pk__in=[first.pk, foreign.pk])) == [foreign]


def test_all_up_to_an_id_are_marked_read_and_what_came_after_is_not(
    api: Api, subscriber: User, make_notification: MakeNotification
) -> None:
    make_notification()
    shown = make_notification()
    make_notification()

    response = api(subscriber).post(f"{INBOX}mark-read/", {"all": True, "up_to": shown.pk})

    assert response.json()["unread"] == 1


def test_some_are_marked_unread_again_and_foreign_and_superseded_ones_are_not(
    api: Api, subscriber: User, stranger: User, make_notification: MakeNotification, at: datetime
) -> None:
    read, _, unread = make_notification(read_at=at), make_notification(read_at=at), make_notification()
    superseded = make_notification(read_at=at, superseded_at=at)
    foreign = make_notification(recipient=stranger, read_at=at)

    response = api(subscriber).post(
        f"{INBOX}mark-unread/", {"ids": [read.pk, unread.pk, superseded.pk, foreign.pk, 99_999]}
    )

    assert (response.status_code, response.json()) == (200, {"unread": 2})
    assert set(Notification.objects.filter(read_at=None)) == {read, unread}


def test_marking_all_read_is_undone_by_its_moment_and_nothing_else_is(
    api: Api, subscriber: User, stranger: User, make_notification: MakeNotification, at: datetime
) -> None:
    client = api(subscriber)
    first, elsewhere, second = make_notification(), make_notification(), make_notification()
    client.post(f"{INBOX}mark-read/", {"ids": [elsewhere.pk]})
    read_at = client.post(f"{INBOX}mark-read/", {"all": True, "up_to": second.pk}).json()["read_at"]
    foreign = make_notification(recipient=stranger, read_at=datetime.fromisoformat(read_at))

    response = client.post(f"{INBOX}mark-unread/", {"read_at": read_at})

    assert (response.status_code, response.json()) == (200, {"unread": 2})
    assert set(Notification.objects.filter(read_at=None)) == {first, second}
    foreign.refresh_from_db()
    assert foreign.read_at


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"ids": None}, {"ids": ["1"]}, {"ids": [0]}, {"ids": list(range(1, 502))}, {"read_at": None}),
        *({"read_at": "now"}, {"read_at": 1}, {"ids": [1], "read_at": "2026-12-01T12:00:00Z"}, {"all": True}),
    ],
    ids=lambda body: str(body)[:40],
)
def test_marking_unread_wants_ids_or_a_moment(
    api: Api, subscriber: User, make_notification: MakeNotification, at: datetime, body: dict[str, Any]
) -> None:
    make_notification(read_at=at)

    response = api(subscriber).post(f"{INBOX}mark-unread/", body)

    assert_problem(response, 400, "invalid")
    assert not Notification.objects.unread().exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"all": True},
        {"up_to": 1},
        {"all": False, "up_to": 1},
        {"ids": [1], "all": True, "up_to": 1},
        {"ids": [1], "up_to": 1},
        {"ids": None},
        {"ids": 1},
        {"ids": "1"},
        {"ids": ["1"]},
        {"ids": [1.0]},
        {"ids": [True]},
        {"ids": [0]},
        {"ids": {"1": 1}},
        {"ids": list(range(1, 502))},
        {"all": "true", "up_to": 1},
        {"all": True, "up_to": "1"},
        {"all": True, "up_to": -1},
        {"all": True, "up_to": None},
    ],
    ids=lambda body: str(body)[:40],
)
def test_marking_read_wants_ids_or_all_up_to_one(
    api: Api, subscriber: User, make_notification: MakeNotification, body: dict[str, Any]
) -> None:
    make_notification()

    response = api(subscriber).post(f"{INBOX}mark-read/", body)

    assert_problem(response, 400, "invalid")
    assert Notification.objects.unread().count() == 1


@pytest.mark.parametrize(
    ("method", "path"), [("get", ""), ("get", "unread-count/"), ("post", "mark-read/"), ("post", "mark-unread/")]
)
def test_anonymous_has_no_inbox(api: Api, method: str, path: str) -> None:
    response = getattr(api(), method)(f"{INBOX}{path}")

    assert_problem(response, 401, "not_authenticated")
