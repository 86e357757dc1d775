"""One event over the API: posting, reading, editing, cancelling, deleting, announcing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from events.models import Announcement, Event
from events.services import cancel_event, subscribe
from tests.problems import assert_problem

EVENTS = "/api/v1/events/"
NEW = {
    "headline": "Concert",
    "description": "With a choir.",
    "starts_at": "2030-07-01T20:00:00+02:00",
    "ends_at": "2030-07-01T22:00:00+02:00",
    "time_zone": "Europe/Rome",
    "location": "Duomo",
    "state": "public",
}


def url(event: Event) -> str:
    return f"{EVENTS}{event.pk}/"


# ---------------------------------------------------------------------------------------------------------- posting


def test_new_event_is_answered_whole(api: Callable[..., APIClient], owner: User) -> None:
    response = api(owner).post(EVENTS, NEW)

    event = Event.objects.get()
    body = response.json()
    assert response.status_code == 201
    assert response["Location"] == body["url"]
    assert body.pop("created_at") == body.pop("updated_at") == event.created_at.isoformat().replace("+00:00", "Z")
    assert body == {
        "id": event.pk,
        "url": f"http://testserver/api/v1/events/{event.pk}/",
        "headline": "Concert",
        "description": "With a choir.",
        "starts_at": "2030-07-01T18:00:00Z",
        "ends_at": "2030-07-01T20:00:00Z",
        "all_day": False,
        "time_zone": "Europe/Rome",
        "location": "Duomo",
        "state": "public",
        "is_cancelled": False,
        "has_been_notified": False,
        "author": {"id": owner.pk, "username": "owner"},
        "subscriber_count": 0,
        "is_subscribed": False,
        "revision": 0,
        "invite_url": f"http://testserver/events/{event.pk}/?invite={event.invite_token}",
    }


def test_new_event_needs_a_headline_and_a_start_and_is_private(api: Callable[..., APIClient], owner: User) -> None:
    response = api(owner).post(EVENTS, {"headline": "Concert", "starts_at": "2030-07-01T18:00:00Z"})

    body = response.json()
    assert response.status_code == 201
    assert (body["state"], body["time_zone"], body["ends_at"], body["all_day"]) == ("private", "UTC", None, False)


@pytest.mark.parametrize("name", ["id", "author", "revision", "subscriber_count", "is_cancelled", "invite_token"])
def test_new_event_ignores_what_is_not_for_its_author_to_say(
    api: Callable[..., APIClient], owner: User, stranger: User, name: str
) -> None:
    response = api(owner).post(EVENTS, NEW | {name: 99})

    event = Event.objects.get()
    assert response.status_code == 201
    assert (event.author, event.revision, event.subscriber_count, event.is_cancelled) == (owner, 0, 0, False)
    assert event.pk != 99
    assert event.invite_token != "99"


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"ends_at": "2030-07-01T18:00:00Z"}, "end_before_start", "ends_at"),
        ({"ends_at": "2030-07-01T17:00:00Z"}, "end_before_start", "ends_at"),
        ({"starts_at": "2020-07-01T18:00:00Z"}, "start_in_past", "starts_at"),
        ({"time_zone": "Mars/Olympus"}, "unknown_zone", "time_zone"),
        ({"time_zone": "localtime"}, "unknown_zone", "time_zone"),
        ({"time_zone": "../etc/passwd"}, "unknown_zone", "time_zone"),
        ({"starts_at": "2030-03-31T02:30:00"}, "nonexistent_time", "starts_at"),
        ({"starts_at": "2030-03-01T02:30:00", "ends_at": "2030-03-31T02:30:00"}, "nonexistent_time", "ends_at"),
        ({"starts_at": "9999-12-31T23:59:59-12:00", "ends_at": None}, "time_out_of_range", "starts_at"),
        ({"starts_at": "9999-01-01T00:00:00Z", "ends_at": None}, "time_out_of_range", "starts_at"),
        ({"starts_at": "9999-12-31T23:59:59Z", "ends_at": None, "all_day": True}, "time_out_of_range", "starts_at"),
        ({"ends_at": "9999-01-01T00:00:00Z"}, "time_out_of_range", "ends_at"),
        ({"headline": "x" * 10_000}, "invalid", "headline"),
        ({"headline": "x" * 201}, "invalid", "headline"),
        ({"headline": ""}, "invalid", "headline"),
        ({"headline": " \n "}, "invalid", "headline"),
        ({"headline": None}, "invalid", "headline"),
        ({"headline": 5}, "invalid", "headline"),
        ({"headline": ["x"]}, "invalid", "headline"),
        ({"headline": "a\x00b"}, "invalid", "headline"),
        ({"headline": "a\x07b"}, "invalid", "headline"),
        ({"location": "x" * 256}, "invalid", "location"),
        ({"location": "a\x1bb"}, "invalid", "location"),
        ({"description": "x" * 20_001}, "invalid", "description"),
        ({"description": "a\x0bb"}, "invalid", "description"),
        ({"state": "foo"}, "invalid", "state"),
        ({"state": "Public"}, "invalid", "state"),
        ({"state": None}, "invalid", "state"),
        ({"state": {}}, "invalid", "state"),
        ({"all_day": "true"}, "invalid", "all_day"),
        ({"all_day": 1}, "invalid", "all_day"),
        ({"all_day": None}, "invalid", "all_day"),
        ({"starts_at": "tomorrow"}, "invalid", "starts_at"),
        ({"starts_at": "2030-07-01"}, "invalid", "starts_at"),
        ({"starts_at": "2030-W27-1T18:00:00Z"}, "invalid", "starts_at"),
        ({"starts_at": "2030-02-30T18:00:00Z"}, "invalid", "starts_at"),
        ({"starts_at": "2030-07-01T25:00:00Z"}, "invalid", "starts_at"),
        ({"starts_at": "2030-07-01T18:00:00+99:00"}, "invalid", "starts_at"),
        ({"starts_at": 1_900_000_000}, "invalid", "starts_at"),
        ({"starts_at": ""}, "invalid", "starts_at"),
        ({"starts_at": None}, "invalid", "starts_at"),
        ({"ends_at": ""}, "invalid", "ends_at"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_new_event_with_bad_input_is_refused_by_field(
    api: Callable[..., APIClient], owner: User, given: dict[str, Any], code: str, field: str
) -> None:
    response = api(owner).post(EVENTS, NEW | given)

    assert_problem(response, 400, code)
    assert list(response.json()["fields"]) == [field]
    assert not Event.objects.exists()


@pytest.mark.parametrize("name", ["headline", "description", "location"])
def test_markup_is_text_like_any_other(api: Callable[..., APIClient], owner: User, name: str) -> None:
    response = api(owner).post(EVENTS, NEW | {name: "<script>alert(1)</script>"})

    assert response.json()[name] == "<script>alert(1)</script>"


def test_author_at_the_limit_of_events_is_refused(
    api: Callable[..., APIClient], owner: User, make_event: Callable[..., Event], settings: Any
) -> None:
    settings.MAX_EVENTS_PER_USER = 1
    make_event()

    response = api(owner).post(EVENTS, NEW)

    assert_problem(response, 409, "quota_exceeded")


# ------------------------------------------------------------------------------------------------------------ times


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2030-07-01T20:00:00+02:00", "2030-07-01T18:00:00Z"),
        ("2030-07-01T20:00:00", "2030-07-01T18:00:00Z"),
        ("2030-07-01T20:00", "2030-07-01T18:00:00Z"),
        ("2030-07-01 20:00", "2030-07-01T18:00:00Z"),
        ("2030-07-01t18:00:00z", "2030-07-01T18:00:00Z"),
        ("2030-07-01T18:00:00.987654Z", "2030-07-01T18:00:00Z"),
        ("2030-07-01T18:00:00.123456789Z", "2030-07-01T18:00:00Z"),
        ("2030-01-01T20:00:00", "2030-01-01T19:00:00Z"),
        # The clocks show 02:30 twice: the first is meant.
        ("2030-10-27T02:30:00", "2030-10-27T00:30:00Z"),
        ("2030-10-27T02:30:00+01:00", "2030-10-27T01:30:00Z"),
    ],
)
def test_time_without_offset_is_local_in_the_events_zone(
    api: Callable[..., APIClient], owner: User, given: str, shown: str
) -> None:
    response = api(owner).post(EVENTS, NEW | {"starts_at": given, "ends_at": None})

    assert response.json()["starts_at"] == shown


def test_edit_without_a_zone_takes_local_times_in_the_zone_of_the_event(
    api: Callable[..., APIClient], owner: User, make_event: Callable[..., Event]
) -> None:
    event = make_event(time_zone="Asia/Tokyo")

    response = api(owner).patch(url(event), {"starts_at": "2030-07-01T20:00:00"})

    assert response.json()["starts_at"] == "2030-07-01T11:00:00Z"


def test_edit_of_the_zone_takes_local_times_in_the_new_one(
    api: Callable[..., APIClient], owner: User, make_event: Callable[..., Event]
) -> None:
    event = make_event(time_zone="Asia/Tokyo")

    response = api(owner).patch(url(event), {"starts_at": "2030-07-01T20:00:00", "time_zone": "Europe/Rome"})

    assert response.json()["starts_at"] == "2030-07-01T18:00:00Z"


def test_edit_of_the_zone_alone_keeps_the_instant(
    api: Callable[..., APIClient], owner: User, make_event: Callable[..., Event]
) -> None:
    event = make_event(starts_at=datetime(2030, 7, 1, 18, tzinfo=UTC))

    response = api(owner).patch(url(event), {"time_zone": "Europe/Rome"})

    assert (response.json()["starts_at"], response.json()["revision"]) == ("2030-07-01T18:00:00Z", 1)


def test_all_day_event_is_widened_to_the_days_it_touches(api: Callable[..., APIClient], owner: User) -> None:
    days = {"starts_at": "2030-07-01T09:00:00", "ends_at": "2030-07-03T00:00:00", "all_day": True}

    response = api(owner).post(EVENTS, NEW | days)

    body = response.json()
    assert (body["starts_at"], body["ends_at"]) == ("2030-06-30T22:00:00Z", "2030-07-02T22:00:00Z")


# ---------------------------------------------------------------------------------------------------------- reading


def test_event_shows_the_follower_that_they_follow_and_no_invite(
    api: Callable[..., APIClient], subscriber: User, make_event: Callable[..., Event], at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)

    body = api(subscriber).get(url(event)).json()

    assert (body["is_subscribed"], body["subscriber_count"]) == (True, 1)
    assert "invite_url" not in body


def test_event_tells_that_a_reminder_has_gone_out(
    api: Callable[..., APIClient], make_event: Callable[..., Event], at: datetime
) -> None:
    event = make_event()
    Event.objects.update(notified_at=at)

    assert api().get(url(event)).json()["has_been_notified"] is True


@pytest.mark.parametrize("person", ["owner", "subscriber"])
def test_event_is_read_with_one_query_beside_those_of_the_token(
    api: Callable[..., APIClient],
    request: pytest.FixtureRequest,
    make_event: Callable[..., Event],
    django_assert_num_queries: Any,
    person: str,
) -> None:
    event = make_event()
    client = api(request.getfixturevalue(person))

    with django_assert_num_queries(2 + 1):
        client.get(url(event))


def test_anonymous_reads_an_event_with_one_query(
    api: Callable[..., APIClient], make_event: Callable[..., Event], django_assert_num_queries: Any
) -> None:
    event = make_event()

    with django_assert_num_queries(1):
        api().get(url(event))


@pytest.mark.parametrize("pk", ["0", "9999999999", "9" * 40])
def test_event_that_does_not_exist_is_not_found(api: Callable[..., APIClient], pk: str) -> None:
    assert_problem(api().get(f"{EVENTS}{pk}/"), 404, "not_found")


# ---------------------------------------------------------------------------------------------------------- editing


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
    api: Callable[..., APIClient], owner: User, make_event: Callable[..., Event], options: dict[str, Any]
) -> None:
    event = make_event(**{"starts_at": datetime(2030, 7, 1, 18, tzinfo=UTC)} | options)
    before = api(owner).get(url(event)).json()

    response = api(owner).put(url(event), before)

    assert response.status_code == 200
    assert response.json() == before


def test_patch_changes_what_it_names_and_nothing_else(
    api: Callable[..., APIClient], owner: User, make_event: Callable[..., Event]
) -> None:
    event = make_event(location="Duomo", description="With a choir.")
    before = api(owner).get(url(event)).json()

    after = api(owner).patch(url(event), {"location": "Teatro"}).json()

    assert after.pop("updated_at") != before.pop("updated_at")
    assert after == before | {"location": "Teatro", "revision": 1}


def test_patch_with_null_takes_the_end_away(
    api: Callable[..., APIClient], owner: User, make_event: Callable[..., Event]
) -> None:
    event = make_event(starts_at=datetime(2030, 7, 1, 18, tzinfo=UTC), ends_at=datetime(2030, 7, 1, 20, tzinfo=UTC))

    response = api(owner).patch(url(event), {"ends_at": None})

    assert response.json()["ends_at"] is None


def test_put_needs_what_a_new_event_needs(
    api: Callable[..., APIClient], owner: User, make_event: Callable[..., Event]
) -> None:
    response = api(owner).put(url(make_event()), {"location": "Teatro"})

    assert_problem(response, 400, "invalid")
    assert list(response.json()["fields"]) == ["headline", "starts_at"]


def test_edit_is_refused_where_the_service_refuses_it(
    api: Callable[..., APIClient], owner: User, subscriber: User, make_event: Callable[..., Event], at: datetime
) -> None:
    followed, cancelled = make_event(), make_event()
    subscribe(followed, actor=subscriber, at=at)
    cancel_event(cancelled, actor=owner, at=at)
    client = api(owner)

    assert_problem(client.patch(url(followed), {"state": "draft"}), 409, "has_subscribers")
    assert_problem(client.patch(url(cancelled), {"headline": "x"}), 409, "cancelled")
    assert_problem(client.patch(url(followed), {"starts_at": "2020-01-01T00:00:00Z"}), 400, "start_in_past")


def test_edit_takes_the_same_queries_as_an_event_has_more_followers(
    api: Callable[..., APIClient],
    owner: User,
    make_user: Callable[..., User],
    make_event: Callable[..., Event],
    at: datetime,
    django_assert_num_queries: Any,
) -> None:
    event = make_event()
    client = api(owner)

    for number in (1, 3):
        while event.subscriptions.count() < number:
            subscribe(event, actor=make_user(f"follower{event.subscriptions.count()}"), at=at)
        # User, API session, the event, its lock, the update, the event anew.
        with django_assert_num_queries(6):
            client.patch(url(event), {"headline": f"{number} followers"})


# ----------------------------------------------------------------------------------------------- ETags and conditions


def test_unchanged_event_is_not_sent_again(api: Callable[..., APIClient], make_event: Callable[..., Event]) -> None:
    event = make_event()
    etag = api().get(url(event))["ETag"]

    response = api().get(url(event), headers={"if-none-match": f'"other", {etag}'})

    assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)


def test_etag_differs_for_whoever_sees_something_else_and_after_a_subscription(
    api: Callable[..., APIClient], owner: User, subscriber: User, make_event: Callable[..., Event], at: datetime
) -> None:
    event = make_event()
    for_all, for_owner = api().get(url(event))["ETag"], api(owner).get(url(event))["ETag"]
    subscribe(event, actor=subscriber, at=at)

    afterwards = api().get(url(event))["ETag"]

    assert len({for_all, for_owner, afterwards}) == 3
    assert {etag.split("-")[0] for etag in (for_all, for_owner, afterwards)} == {'"0'}


def test_edit_of_the_revision_that_was_read_is_made_even_if_somebody_subscribed_meanwhile(
    api: Callable[..., APIClient], owner: User, subscriber: User, make_event: Callable[..., Event], at: datetime
) -> None:
    event = make_event()
    etag = api(owner).get(url(event))["ETag"]
    subscribe(event, actor=subscriber, at=at)

    response = api(owner).patch(url(event), {"headline": "New"}, headers={"if-match": etag})

    assert (response.status_code, response.json()["revision"]) == (200, 1)
    assert response["ETag"] == api(owner).get(url(event))["ETag"]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_edit_of_an_older_revision_is_refused(
    api: Callable[..., APIClient], owner: User, make_event: Callable[..., Event], method: str
) -> None:
    event = make_event()
    client = api(owner)
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
    api: Callable[..., APIClient], owner: User, make_event: Callable[..., Event], if_match: str, status: int
) -> None:
    response = api(owner).patch(url(make_event()), {"headline": "New"}, headers={"if-match": if_match})

    assert response.status_code == status


# ------------------------------------------------------------------------------- cancelling, deleting and announcing


def test_cancelled_event_says_so_and_stays(
    api: Callable[..., APIClient], owner: User, subscriber: User, make_event: Callable[..., Event], at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)

    response = api(owner).post(f"{url(event)}cancel/", {"reason": "Rain"})

    assert (response.status_code, response.json()["is_cancelled"]) == (200, True)
    assert Announcement.objects.get().text == "Rain"
    assert api().get(url(event)).json()["is_cancelled"] is True


def test_cancelling_needs_no_reason_and_no_body(
    api: Callable[..., APIClient], owner: User, make_event: Callable[..., Event]
) -> None:
    response = api(owner).post(f"{url(make_event())}cancel/")

    assert response.status_code == 200


def test_cancelling_twice_tells_nobody_again(
    api: Callable[..., APIClient], owner: User, subscriber: User, make_event: Callable[..., Event], at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)
    client = api(owner)
    client.post(f"{url(event)}cancel/")

    response = client.post(f"{url(event)}cancel/")

    assert (response.status_code, Announcement.objects.count()) == (200, 1)


def test_draft_cannot_be_cancelled(
    api: Callable[..., APIClient], owner: User, make_event: Callable[..., Event]
) -> None:
    response = api(owner).post(f"{url(make_event(state='draft'))}cancel/")

    assert_problem(response, 409, "draft")


def test_deleted_event_is_gone_for_its_author_too(
    api: Callable[..., APIClient], owner: User, make_event: Callable[..., Event]
) -> None:
    event = make_event()
    client = api(owner)

    response = client.delete(url(event))

    assert (response.status_code, response.content) == (204, b"")
    assert_problem(client.get(url(event)), 404, "not_found")
    assert client.get(EVENTS).json()["results"] == []


def test_announcement_is_answered_with_its_message(
    api: Callable[..., APIClient], owner: User, make_event: Callable[..., Event]
) -> None:
    response = api(owner).post(f"{url(make_event())}announce/", {"message": "Doors open at five."})

    announcement = Announcement.objects.get()
    body = response.json()
    assert response.status_code == 201
    assert (body["id"], body["message"]) == (announcement.pk, "Doors open at five.")


@pytest.mark.parametrize("message", ["", " ", None, 5, "x" * 2_001, "a\x00b", "a\x08b"])
def test_announcement_without_a_proper_message_is_refused(
    api: Callable[..., APIClient], owner: User, make_event: Callable[..., Event], message: Any
) -> None:
    response = api(owner).post(f"{url(make_event())}announce/", {"message": message})

    assert_problem(response, 400, "invalid")
    assert list(response.json()["fields"]) == ["message"]


# ------------------------------------------------------------------------------------------------ other people's events


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("put", "", NEW),
        ("patch", "", {"headline": "Mine"}),
        ("delete", "", {}),
        ("post", "cancel/", {}),
        ("post", "announce/", {"message": "Hello"}),
        ("get", "subscribers/", None),
    ],
)
def test_foreign_event_is_not_for_a_stranger_to_change(
    api: Callable[..., APIClient],
    stranger: User,
    make_event: Callable[..., Event],
    method: str,
    path: str,
    body: dict[str, Any] | None,
) -> None:
    event = make_event()

    response = getattr(api(stranger), method)(url(event) + path, body)

    assert_problem(response, 403, "not_author")
    event.refresh_from_db()
    assert (event.headline, event.revision, event.cancelled_at, event.deleted_at) == ("Concert", 0, None, None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("put", ""),
        ("patch", ""),
        ("delete", ""),
        ("post", "cancel/"),
        ("post", "announce/"),
        ("post", "subscribe/"),
        ("post", "unsubscribe/"),
        ("get", "subscribers/"),
    ],
)
def test_anonymous_is_asked_to_log_in(
    api: Callable[..., APIClient], make_event: Callable[..., Event], method: str, path: str
) -> None:
    response = getattr(api(), method)(url(make_event()) + path)

    assert_problem(response, 401, "not_authenticated")
