"""Test reading and editing one event over the API, also with conditions."""

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import User
from events.models import Event
from events.services import cancel_event, subscribe
from tests.makers import Api, MakeEvent, MakeUser
from tests.problems import assert_problem

EVENTS = "/api/v1/events/"
NEW = {"headline": "Concert", "starts_at": "2030-07-01T20:00:00+02:00"}


def url(event: Event) -> str:
    return f"{EVENTS}{event.pk}/"


# -------------------------------------------------------------------------------------------------------------- reading


def test_event_shows_subscribers_that_they_subscribed_and_no_invite(
    api: Api, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)

    body = api(subscriber).get(url(event)).json()

    assert (body["is_subscribed"], body["subscriber_count"]) == (True, 1)
    assert "invite_url" not in body


def test_event_shows_that_a_reminder_has_been_sent(api: Api, make_event: MakeEvent, at: datetime) -> None:
    event = make_event()
    Event.objects.update(notified_at=at)

    assert api().get(url(event)).json()["has_been_notified"] is True


@pytest.mark.parametrize("person", ["organiser", "subscriber"])
def test_event_is_read_with_one_query_beside_that_of_the_token(
    api: Api,
    request: pytest.FixtureRequest,
    make_event: MakeEvent,
    django_assert_num_queries: Any,
    person: str,
) -> None:
    event = make_event()
    client = api(request.getfixturevalue(person))

    with django_assert_num_queries(1 + 1):
        client.get(url(event))


def test_anonymous_reads_an_event_with_one_query(
    api: Api, make_event: MakeEvent, django_assert_num_queries: Any
) -> None:
    event = make_event()

    with django_assert_num_queries(1):
        api().get(url(event))


@pytest.mark.parametrize("pk", ["0", "9999999999", "9" * 40])
def test_event_that_does_not_exist_is_not_found(api: Api, pk: str) -> None:
    assert_problem(api().get(f"{EVENTS}{pk}/"), 404, "not_found")


# -------------------------------------------------------------------------------------------------------------- editing


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"time_zone": "Europe/Rome", "ends_at": datetime(2030, 7, 1, 20, tzinfo=UTC)},
        {"all_day": True, "time_zone": "Asia/Tokyo"},
        {"all_day": True, "time_zone": "America/New_York", "ends_at": datetime(2030, 7, 4, tzinfo=UTC)},
        {"description": "One\n\n  Two\tthree", "location": "Höhle"},
    ],
)
def test_put_of_what_get_returned_changes_nothing(
    api: Api, organiser: User, make_event: MakeEvent, options: dict[str, Any]
) -> None:
    event = make_event(**{"starts_at": datetime(2030, 7, 1, 18, tzinfo=UTC)} | options)
    before = api(organiser).get(url(event)).json()

    response = api(organiser).put(url(event), before)

    assert response.status_code == 200
    assert response.json() == before


def test_patch_changes_what_it_names_and_nothing_else(api: Api, organiser: User, make_event: MakeEvent) -> None:
    event = make_event(location="Duomo", description="With a choir.")
    before = api(organiser).get(url(event)).json()

    after = api(organiser).patch(url(event), {"location": "Teatro"}).json()

    assert after.pop("updated_at") != before.pop("updated_at")
    assert after == before | {"location": "Teatro", "revision": 1}


def test_patch_with_null_takes_the_end_away(api: Api, organiser: User, make_event: MakeEvent) -> None:
    event = make_event(starts_at=datetime(2030, 7, 1, 18, tzinfo=UTC), ends_at=datetime(2030, 7, 1, 20, tzinfo=UTC))

    response = api(organiser).patch(url(event), {"ends_at": None})

    assert response.json()["ends_at"] is None


def test_put_needs_what_a_new_event_needs(api: Api, organiser: User, make_event: MakeEvent) -> None:
    response = api(organiser).put(url(make_event()), {"location": "Teatro"})

    assert_problem(response, 400, "invalid")
    assert list(response.json()["fields"]) == ["headline", "starts_at"]


def test_edit_is_refused_where_the_service_refuses_it(
    api: Api, organiser: User, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    subscribed, cancelled = make_event(), make_event()
    subscribe(subscribed, actor=subscriber, at=at)
    cancel_event(cancelled, actor=organiser, at=at)
    client = api(organiser)

    assert_problem(client.patch(url(subscribed), {"state": "draft"}), 409, "has_subscribers")
    assert_problem(client.patch(url(cancelled), {"headline": "x"}), 409, "cancelled")
    assert_problem(client.patch(url(subscribed), {"starts_at": "2020-01-01T00:00:00Z"}), 400, "start_in_past")


def test_edit_takes_the_same_queries_however_many_subscribers_there_are(
    api: Api,
    organiser: User,
    make_user: MakeUser,
    make_event: MakeEvent,
    at: datetime,
    django_assert_num_queries: Any,
) -> None:
    event = make_event()
    client = api(organiser)

    for number in (1, 3):
        while event.subscriptions.count() < number:
            subscribe(event, actor=make_user(f"subscriber{event.subscriptions.count()}"), at=at)
        # The user with the API session, the event, the clock, its lock, its author's, a change that waits, the update,
        # the event anew.
        with django_assert_num_queries(8):
            client.patch(url(event), {"headline": f"{number} subscribers"})


# ------------------------------------------------------------------------------------------------- ETags and conditions


def test_unchanged_event_is_not_sent_again(api: Api, make_event: MakeEvent) -> None:
    event = make_event()
    etag = api().get(url(event))["ETag"]

    response = api().get(url(event), headers={"if-none-match": f'"other", {etag}'})

    assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)


def test_etag_differs_for_whoever_sees_something_else_and_after_a_subscription(
    api: Api, organiser: User, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    for_all, for_owner = api().get(url(event))["ETag"], api(organiser).get(url(event))["ETag"]
    subscribe(event, actor=subscriber, at=at)

    afterwards = api().get(url(event))["ETag"]

    assert len({for_all, for_owner, afterwards}) == 3
    assert {etag.split("-")[0] for etag in (for_all, for_owner, afterwards)} == {'"0'}


def test_edit_of_the_revision_that_was_read_is_made_even_if_somebody_subscribed_meanwhile(
    api: Api, organiser: User, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    etag = api(organiser).get(url(event))["ETag"]
    subscribe(event, actor=subscriber, at=at)

    response = api(organiser).patch(url(event), {"headline": "New"}, headers={"if-match": etag})

    assert (response.status_code, response.json()["revision"]) == (200, 1)
    assert response["ETag"] == api(organiser).get(url(event))["ETag"]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_edit_of_an_older_revision_is_refused(api: Api, organiser: User, make_event: MakeEvent, method: str) -> None:
    event = make_event()
    client = api(organiser)
    etag = client.get(url(event))["ETag"]
    client.patch(url(event), {"headline": "First"})

    response = getattr(client, method)(url(event), NEW | {"headline": "Second"}, headers={"if-match": etag})

    assert_problem(response, 412, "revision_mismatch")
    assert client.get(url(event)).json()["headline"] == "First"


@pytest.mark.parametrize(
    ("if_match", "status"),
    [("*", 200), ('"0-0"', 200), ('W/"0-0"', 200), ('"7-0", "0-0"', 200), ('"1-0"', 412), ("0", 412), ("", 412)],
)
def test_if_match_compares_revisions(
    api: Api, organiser: User, make_event: MakeEvent, if_match: str, status: int
) -> None:
    response = api(organiser).patch(url(make_event()), {"headline": "New"}, headers={"if-match": if_match})

    assert response.status_code == status


@pytest.mark.parametrize("pk", ["0", str(2**63 - 1), str(2**63), "9" * 40])
@pytest.mark.parametrize("action", ["subscribe", "unsubscribe", "cancel", "announce"])
def test_write_to_the_id_of_no_event_is_answered_404(api: Api, subscriber: User, pk: str, action: str) -> None:
    response = api(subscriber).post(f"{EVENTS}{pk}/{action}/", {"text": "x", "message": "x"}, format="json")

    assert response.status_code == 404
