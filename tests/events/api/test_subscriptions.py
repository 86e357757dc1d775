"""Test subscribing, choosing leads and unsubscribing over the API, and who can list subscribers."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from events.models import Event, Subscription
from events.services import cancel_event, subscribe
from tests.makers import Api, MakeEvent, MakeUser
from tests.problems import assert_problem

EVENTS = "/api/v1/events/"
SUBSCRIPTIONS = "/api/v1/subscriptions/"


def iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


# --------------------------------------------------------------------------------------------------------- subscribing


def test_subscription_is_answered_with_its_reminders(
    api: Api, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(starts_at=at + timedelta(days=2))

    response = api(subscriber).post(f"{EVENTS}{event.pk}/subscribe/", {"leads": [60, 1440]})

    subscription = Subscription.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": subscription.pk,
        "event": event.pk,
        "leads": [1440, 60],
        "reminders": [
            {"lead": 1440, "due_at": iso(event.starts_at - timedelta(days=1))},
            {"lead": 60, "due_at": iso(event.starts_at - timedelta(hours=1))},
        ],
        "created_at": iso(subscription.created_at),
    }


def test_subscribing_without_a_body_takes_the_users_own_leads(
    api: Api, make_user: MakeUser, make_event: MakeEvent
) -> None:
    user = make_user("ada")
    User.objects.filter(pk=user.pk).update(default_leads=[30])

    response = api(user).post(f"{EVENTS}{make_event().pk}/subscribe/")

    assert response.json()["leads"] == [30]


def test_subscribing_with_no_leads_is_for_changes_only(api: Api, subscriber: User, make_event: MakeEvent) -> None:
    response = api(subscriber).post(f"{EVENTS}{make_event().pk}/subscribe/", {"leads": []})

    assert (response.json()["leads"], response.json()["reminders"]) == ([], [])


def test_lead_that_has_passed_and_will_not_remind_is_shown_as_void(
    api: Api, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(starts_at=at + timedelta(hours=2))

    response = api(subscriber).post(f"{EVENTS}{event.pk}/subscribe/", {"leads": [2880, 1440]})

    assert response.json()["reminders"][0] == {"lead": 2880, "due_at": None}


@pytest.mark.parametrize(
    "leads",
    [
        [-1],
        [-5],
        [1_000_000],
        [43_201],
        [60, 60],
        list(range(1, 12)),
        ["60"],
        [60.0],
        [60.5],
        [True],
        [None],
        [[60]],
        "60",
        60,
        {"lead": 60},
    ],
    ids=str,
)
def test_subscribing_with_impossible_leads_is_refused(
    api: Api, subscriber: User, make_event: MakeEvent, leads: Any
) -> None:
    response = api(subscriber).post(f"{EVENTS}{make_event().pk}/subscribe/", {"leads": leads})

    assert_problem(response, 400, "invalid_leads")
    assert list(response.json()["fields"]) == ["leads"]
    assert not Subscription.objects.exists()


def test_subscribing_with_null_leads_is_refused(api: Api, subscriber: User, make_event: MakeEvent) -> None:
    response = api(subscriber).post(f"{EVENTS}{make_event().pk}/subscribe/", {"leads": None})

    assert_problem(response, 400, "invalid")


def test_subscribing_is_refused_for_own_draft_cancelled_over_and_subscribed_events(
    api: Api, organiser: User, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    own, draft, cancelled, over, subscribed = (
        make_event(),
        make_event(state="draft"),
        *(make_event() for _ in range(3)),
    )
    cancel_event(cancelled, actor=organiser, at=at)
    Event.objects.filter(pk=over.pk).update(starts_at=at - timedelta(days=1), over_at=at)
    subscribe(subscribed, actor=subscriber, at=at)

    def answer(user: User, event: Event) -> Any:
        return api(user).post(f"{EVENTS}{event.pk}/subscribe/")

    assert_problem(answer(organiser, own), 409, "own_event")
    assert_problem(answer(organiser, draft), 409, "own_event")
    assert_problem(answer(subscriber, draft), 404, "not_found")
    assert_problem(answer(subscriber, cancelled), 409, "cancelled")
    assert_problem(answer(subscriber, over), 409, "over")
    assert_problem(answer(subscriber, subscribed), 409, "already_subscribed")


def test_subscribing_over_the_limit_is_refused(
    api: Api, subscriber: User, make_event: MakeEvent, settings: Any
) -> None:
    settings.MAX_SUBSCRIPTIONS_PER_USER = 0

    response = api(subscriber).post(f"{EVENTS}{make_event().pk}/subscribe/")

    assert_problem(response, 409, "quota_exceeded")


# ------------------------------------------------------------------------------------------------------- unsubscribing


def test_unsubscribing_succeeds_without_a_subscription_too(
    api: Api, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)

    answers = [api(subscriber).post(f"{EVENTS}{event.pk}/unsubscribe/") for _ in range(2)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    event.refresh_from_db()
    assert event.subscriber_count == 0


# -------------------------------------------------------------------------------------------------- my subscriptions


def test_own_subscriptions_are_listed_the_last_first_and_nobody_elses(
    api: Api, subscriber: User, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    first, second = make_event(), make_event()
    for event in (first, second):
        subscribe(event, actor=subscriber, at=at)
    subscribe(first, actor=stranger, at=at)

    body = api(subscriber).get(SUBSCRIPTIONS).json()

    assert [each["event"] for each in body["results"]] == [second.pk, first.pk]
    assert body["next"] is None


def test_own_subscriptions_come_in_pages(api: Api, subscriber: User, make_event: MakeEvent, at: datetime) -> None:
    ids = [subscribe(make_event(), actor=subscriber, at=at).pk for _ in range(3)]
    client = api(subscriber)

    first = client.get(f"{SUBSCRIPTIONS}?page_size=2").json()
    second = client.get(first["next"]).json()

    assert [each["id"] for each in first["results"] + second["results"]] == ids[::-1]


def test_subscription_to_a_deleted_event_is_gone(
    api: Api, organiser: User, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    subscription = subscribe(event, actor=subscriber, at=at)
    api(organiser).delete(f"{EVENTS}{event.pk}/")

    assert api(subscriber).get(SUBSCRIPTIONS).json()["results"] == []
    assert_problem(api(subscriber).get(f"{SUBSCRIPTIONS}{subscription.pk}/"), 404, "not_found")


def test_other_leads_are_chosen_and_shown(api: Api, subscriber: User, make_event: MakeEvent, at: datetime) -> None:
    subscription = subscribe(make_event(), actor=subscriber, at=at, leads=[60])
    client = api(subscriber)

    response = client.patch(f"{SUBSCRIPTIONS}{subscription.pk}/", {"leads": [30, 120]})

    assert (response.status_code, response.json()["leads"]) == (200, [120, 30])
    assert client.get(f"{SUBSCRIPTIONS}{subscription.pk}/").json() == response.json()


def test_patch_without_leads_changes_nothing(api: Api, subscriber: User, make_event: MakeEvent, at: datetime) -> None:
    subscription = subscribe(make_event(), actor=subscriber, at=at, leads=[60])
    client = api(subscriber)
    before = client.get(f"{SUBSCRIPTIONS}{subscription.pk}/").json()

    response = client.patch(f"{SUBSCRIPTIONS}{subscription.pk}/", {"event": 99, "id": 99})

    assert response.json() == before


def test_impossible_leads_are_refused(api: Api, subscriber: User, make_event: MakeEvent, at: datetime) -> None:
    subscription = subscribe(make_event(), actor=subscriber, at=at)

    response = api(subscriber).patch(f"{SUBSCRIPTIONS}{subscription.pk}/", {"leads": [-1]})

    assert_problem(response, 400, "invalid_leads")


def test_deleted_subscription_is_gone(api: Api, subscriber: User, make_event: MakeEvent, at: datetime) -> None:
    subscription = subscribe(make_event(), actor=subscriber, at=at)
    client = api(subscriber)

    response = client.delete(f"{SUBSCRIPTIONS}{subscription.pk}/")

    assert response.status_code == 204
    assert_problem(client.delete(f"{SUBSCRIPTIONS}{subscription.pk}/"), 404, "not_found")
    assert Event.objects.get().subscriber_count == 0


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
@pytest.mark.parametrize("person", ["organiser", "stranger"])
def test_foreign_subscription_is_not_there(
    api: Api,
    request: pytest.FixtureRequest,
    subscriber: User,
    make_event: MakeEvent,
    at: datetime,
    method: str,
    person: str,
) -> None:
    subscription = subscribe(make_event(), actor=subscriber, at=at)
    client = api(request.getfixturevalue(person))

    response = getattr(client, method)(f"{SUBSCRIPTIONS}{subscription.pk}/")

    assert_problem(response, 404, "not_found")
    assert Subscription.objects.exists()


def test_anonymous_has_no_subscriptions(api: Api) -> None:
    assert_problem(api().get(SUBSCRIPTIONS), 401, "not_authenticated")


def test_subscriptions_take_the_same_queries_for_one_and_three(
    api: Api, subscriber: User, make_event: MakeEvent, at: datetime, django_assert_num_queries: Any
) -> None:
    client = api(subscriber)

    for rows, more in ((1, 1), (3, 2)):
        for _ in range(more):
            subscribe(make_event(), actor=subscriber, at=at, leads=[60, 30])
        # The user with the API session, subscriptions, reminders.
        with django_assert_num_queries(3):
            assert len(client.get(SUBSCRIPTIONS).json()["results"]) == rows


# -------------------------------------------------------------------------------------------------------- who follows


def test_organiser_lists_subscribers_the_first_first(
    api: Api, organiser: User, subscriber: User, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    for user in (stranger, subscriber):
        subscribe(event, actor=user, at=at)

    response = api(organiser).get(f"{EVENTS}{event.pk}/subscribers/")

    assert response.json()["results"] == [
        {"id": stranger.pk, "username": "stranger"},
        {"id": subscriber.pk, "username": "subscriber"},
    ]


def test_subscriber_does_not_see_who_else_subscribed(
    api: Api, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)

    assert_problem(api(subscriber).get(f"{EVENTS}{event.pk}/subscribers/"), 403, "not_author")


def test_subscribers_take_the_same_queries_for_one_and_three(
    api: Api,
    organiser: User,
    make_user: MakeUser,
    make_event: MakeEvent,
    at: datetime,
    django_assert_num_queries: Any,
) -> None:
    event = make_event()
    client = api(organiser)

    for names in (["a"], ["b", "c"]):
        for name in names:
            subscribe(event, actor=make_user(name), at=at)
        # The user with the API session, event, subscriptions with their users.
        with django_assert_num_queries(3):
            client.get(f"{EVENTS}{event.pk}/subscribers/")
