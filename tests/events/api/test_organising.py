"""Test cancelling, deleting and announcing over the API, and that only the organiser can."""

from datetime import datetime
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from events.models import Announcement, Event
from events.services import subscribe
from tests.makers import Api, MakeEvent
from tests.problems import assert_problem

EVENTS = "/api/v1/events/"


def url(event: Event) -> str:
    return f"{EVENTS}{event.pk}/"


# ---------------------------------------------------------------------------------- cancelling, deleting and announcing


def test_cancelled_event_says_so_and_stays(
    api: Api, organiser: User, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)

    response = api(organiser).post(f"{url(event)}cancel/", {"reason": "Rain"})

    assert (response.status_code, response.json()["is_cancelled"]) == (200, True)
    assert Announcement.objects.get().text == "Rain"
    assert api().get(url(event)).json()["is_cancelled"] is True


def test_cancelling_needs_no_reason_and_no_body(api: Api, organiser: User, make_event: MakeEvent) -> None:
    response = api(organiser).post(f"{url(make_event())}cancel/")

    assert response.status_code == 200


def test_cancelling_twice_notifies_nobody_again(
    api: Api, organiser: User, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)
    client = api(organiser)
    client.post(f"{url(event)}cancel/")

    response = client.post(f"{url(event)}cancel/")

    assert (response.status_code, Announcement.objects.count()) == (200, 1)


def test_draft_cannot_be_cancelled(api: Api, organiser: User, make_event: MakeEvent) -> None:
    response = api(organiser).post(f"{url(make_event(state='draft'))}cancel/")

    assert_problem(response, 409, "draft")


def test_deleted_event_is_gone_for_its_organiser_too(api: Api, organiser: User, make_event: MakeEvent) -> None:
    event = make_event()
    client = api(organiser)

    response = client.delete(url(event))

    assert (response.status_code, response.content) == (204, b"")
    assert_problem(client.get(url(event)), 404, "not_found")
    assert client.get(EVENTS).json()["results"] == []


def test_announcement_is_answered_with_its_message(api: Api, organiser: User, make_event: MakeEvent) -> None:
    response = api(organiser).post(f"{url(make_event())}announce/", {"message": "Doors open at five."})

    announcement = Announcement.objects.get()
    body = response.json()
    assert response.status_code == 201
    assert (body["id"], body["message"]) == (announcement.pk, "Doors open at five.")


@pytest.mark.parametrize("message", ["", " ", None, 5, "x" * 2_001, "a\x00b", "a\x08b"])
def test_announcement_without_a_proper_message_is_refused(
    api: Api, organiser: User, make_event: MakeEvent, message: Any
) -> None:
    response = api(organiser).post(f"{url(make_event())}announce/", {"message": message})

    assert_problem(response, 400, "invalid")
    assert list(response.json()["fields"]) == ["message"]


def test_announcement_beyond_the_limit_is_refused_with_the_time_to_retry(
    api: Api, organiser: User, make_event: MakeEvent, settings: Settings
) -> None:
    settings.ANNOUNCEMENTS_PER_HOUR = 1
    announce_url, client = f"{url(make_event())}announce/", api(organiser)
    client.post(announce_url, {"message": "Doors open at five."})

    response = client.post(announce_url, {"message": "No, at six."})

    assert_problem(response, 429, "too_many_announcements")
    assert 3590 <= int(response["Retry-After"]) <= 3600
    assert Announcement.objects.count() == 1


# ------------------------------------------------------------------------------------------------ other people's events


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("put", "", {"headline": "Mine", "starts_at": "2030-07-01T18:00:00Z"}),
        ("patch", "", {"headline": "Mine"}),
        ("delete", "", {}),
        ("post", "cancel/", {}),
        ("post", "announce/", {"message": "Hello"}),
        ("get", "subscribers/", None),
    ],
)
def test_foreign_event_is_not_for_a_stranger_to_change(
    api: Api,
    stranger: User,
    make_event: MakeEvent,
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
def test_anonymous_is_asked_to_log_in(api: Api, make_event: MakeEvent, method: str, path: str) -> None:
    response = getattr(api(), method)(url(make_event()) + path)

    assert_problem(response, 401, "not_authenticated")
