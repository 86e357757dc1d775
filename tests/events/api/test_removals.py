"""Test removing a subscriber over the API, and what the removed person is answered."""

from datetime import datetime

import pytest

from accounts.models import User
from events.models import Event, Removal
from events.services import remove_subscriber, renew_invite, subscribe
from tests.makers import Api, MakeEvent
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db
EVENTS = "/api/v1/events/"


def url(event: Event, user_id: int) -> str:
    return f"{EVENTS}{event.pk}/subscribers/{user_id}/"


def test_removed_subscriber_is_no_longer_listed_or_counted(
    api: Api, organiser: User, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)
    client = api(organiser)
    [person] = client.get(f"{EVENTS}{event.pk}/subscribers/").json()["results"]

    response = client.delete(url(event, person["id"]))

    assert (response.status_code, response.content) == (204, b"")
    assert client.get(f"{EVENTS}{event.pk}/subscribers/").json()["results"] == []
    assert client.get(f"{EVENTS}{event.pk}/").json()["subscriber_count"] == 0
    assert api(subscriber).get(f"{EVENTS}{event.pk}/").json()["is_subscribed"] is False
    assert api(subscriber).get("/api/v1/subscriptions/").json()["results"] == []


def test_removing_again_or_removing_a_stranger_or_an_unknown_id_succeeds_too(
    api: Api, organiser: User, subscriber: User, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    event, client = make_event(), api(organiser)
    subscribe(event, actor=subscriber, at=at)

    asked = [subscriber.pk, subscriber.pk, stranger.pk, organiser.pk, 987_654, 0, 2**70]

    assert [client.delete(url(event, user_id)).status_code for user_id in asked] == [204] * len(asked)
    assert set(Removal.objects.values_list("user", flat=True)) == {subscriber.pk, stranger.pk}


def test_only_the_organiser_may_remove(
    api: Api, subscriber: User, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    public, private = make_event(), make_event(state="private")
    for event in (public, private):
        subscribe(event, actor=subscriber, at=at)

    assert_problem(api().delete(url(public, subscriber.pk)), 401, "not_authenticated")
    assert_problem(api(stranger).delete(url(public, subscriber.pk)), 403, "not_author")
    assert_problem(api(subscriber).delete(url(private, subscriber.pk)), 403, "not_author")
    assert_problem(api(stranger).delete(url(private, subscriber.pk)), 404, "not_found")
    assert not Removal.objects.exists()
    assert public.subscriptions.count() == private.subscriptions.count() == 1


def test_removed_person_is_refused_without_a_reason(
    api: Api, organiser: User, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    remove_subscriber(event, actor=organiser, user_id=subscriber.pk, at=at)
    client = api(subscriber)

    response = client.post(f"{EVENTS}{event.pk}/subscribe/")

    assert_problem(response, 409, "subscription_refused")
    assert response.json()["detail"] == "You can’t subscribe to this event."
    assert client.get(f"{EVENTS}{event.pk}/").status_code == 200
    assert client.post(f"{EVENTS}{event.pk}/unsubscribe/").status_code == 204


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("post", "subscribe/"), ("post", "unsubscribe/")])
def test_removed_person_with_the_same_invite_is_answered_as_with_a_wrong_one(
    api: Api, organiser: User, subscriber: User, make_event: MakeEvent, at: datetime, method: str, path: str
) -> None:
    event = make_event(state="private")
    subscribe(event, actor=subscriber, at=at, invite=event.invite_token)
    remove_subscriber(event, actor=organiser, user_id=subscriber.pk, at=at)
    client = api(subscriber)

    def answer(invite: str) -> tuple[int, bytes]:
        url = f"{EVENTS}{event.pk}/{path}"
        response = client.get(url, {"invite": invite}) if method == "get" else client.post(url, {"invite": invite})
        return response.status_code, response.content

    assert answer(event.invite_token) == answer("made-up")
    assert answer(event.invite_token)[0] == 404


def test_removed_person_subscribes_again_with_a_renewed_invite(
    api: Api, organiser: User, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(state="private")
    remove_subscriber(event, actor=organiser, user_id=subscriber.pk, at=at)
    invite = renew_invite(event, actor=organiser).invite_token

    response = api(subscriber).post(f"{EVENTS}{event.pk}/subscribe/", {"invite": invite})

    assert response.status_code == 201
    assert not Removal.objects.exists()
