"""Test the ids of requests, and which requests are logged."""

import re
from datetime import datetime

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import AccountMail, User
from config.logs import context
from events.models import Event
from events.services import announce, update_event
from tests.conftest import PASSWORD
from tests.makers import Api, Logged

GIVEN = "0123456789abcdef0123456789abcdef"
REQUESTS = "config.web.middleware.request_log"
OWN = re.compile(r"[0-9a-f]{32}")


def test_id_of_a_trusted_proxy_is_used_and_returned(client: Client, db: None, settings: Settings) -> None:
    settings.TRUST_PROXY = True

    response = client.get("/api/nothing/", headers={"x-request-id": GIVEN})

    assert response["X-Request-ID"] == GIVEN


@pytest.mark.parametrize(
    ("trusts", "given"),
    [(False, GIVEN), (True, "short"), (True, "x" * 65), (True, "a b c d e f"), (True, "ab\ncdefgh")],
)
def test_other_ids_are_replaced(client: Client, db: None, settings: Settings, trusts: bool, given: str) -> None:
    settings.TRUST_PROXY = trusts

    answers = [client.get("/", headers={"x-request-id": given})["X-Request-ID"] for _ in range(2)]

    assert [bool(OWN.fullmatch(each)) for each in answers] == [True, True]
    assert len(set(answers)) == 2


def test_refusal_is_logged_with_the_id_that_is_answered(client: Client, db: None, log_lines: Logged) -> None:
    answers = [client.get("/nothing/"), client.get("/api/v1/users/me/"), client.get("/", headers={"host": "evil"})]

    lines = [*log_lines("django.request"), *log_lines("django.security.DisallowedHost")]
    assert [line["request_id"] for line in lines] == [each["X-Request-ID"] for each in answers]


def test_write_is_logged_with_its_user_and_a_read_is_not(
    organiser_client: Client, organiser: User, subscribed_event: Event, log_lines: Logged
) -> None:
    url = f"/events/{subscribed_event.pk}/"
    organiser_client.get(url)
    response = organiser_client.post(f"{url}cancel/", {"reason": "Rain"})

    [line] = log_lines(REQUESTS)
    known = {name: line[name] for name in ("level", "method", "route", "status", "user_id", "request_id")}
    assert known == {
        "level": "INFO",
        "method": "POST",
        "route": "/events/<int:pk>/cancel/",
        "status": response.status_code,
        "user_id": organiser.pk,
        "request_id": response["X-Request-ID"],
    }


def test_user_of_a_token_is_logged(api: Api, organiser: User, log_lines: Logged) -> None:
    api(organiser).patch("/api/v1/users/me/", {"time_zone": "Europe/Rome"})
    api().patch("/api/v1/users/me/", {})

    assert [line["user_id"] for line in log_lines(REQUESTS)] == [organiser.pk, None]


@pytest.mark.parametrize("path", ["/accounts/login/", "/api/v1/auth/login/"])
def test_login_is_logged_with_who_has_logged_in(client: Client, organiser: User, path: str, log_lines: Logged) -> None:
    credentials = {"email": organiser.email, "username": organiser.email, "password": PASSWORD}
    content_type = {"content_type": "application/json"} if "api" in path else {}

    client.post(path, credentials, **content_type)  # type: ignore[arg-type]  # the options of the client

    assert [line["user_id"] for line in log_lines(REQUESTS)] == [organiser.pk]


def test_secret_part_of_a_link_is_not_in_the_line(client: Client, db: None, log_lines: Logged) -> None:
    client.post("/notifications/unsubscribe/hush0hush/")
    client.post("/nothing/hush0hush/")

    assert [line["route"] for line in log_lines(REQUESTS)] == ["/notifications/unsubscribe/<str:token>/", "no route"]
    assert "hush" not in str(log_lines(REQUESTS))


def test_slow_read_is_a_warning(client: Client, db: None, settings: Settings, log_lines: Logged) -> None:
    settings.LOG_SLOW_REQUEST_SECONDS = 0

    client.get("/healthz")

    assert [(line["level"], line["route"]) for line in log_lines(REQUESTS)] == [("WARNING", "/healthz")]


def test_email_carries_the_id_of_its_request(client: Client, organiser: User) -> None:
    response = client.post("/accounts/password-reset/", {"email": organiser.email})

    assert AccountMail.objects.get().request_id == response["X-Request-ID"]


def test_announcement_carries_the_id_of_the_last_request_that_shaped_it(
    subscribed_event: Event, organiser: User, at: datetime
) -> None:
    for request_id, place in (("first-request", "Milan"), ("second-request", "Turin")):
        context.begin(request_id)
        update_event(subscribed_event, actor=organiser, at=at, location=place)
    context.begin("third-request")
    announce(subscribed_event, actor=organiser, at=at, message="See you there")

    announcements = subscribed_event.announcements.order_by("pk")
    assert list(announcements.values_list("kind", "request_id")) == [
        ("relocated", "second-request"),
        ("message", "third-request"),
    ]


def test_id_is_shown_in_the_admin(admin_client: Client, subscribed_event: Event, organiser: User, at: datetime) -> None:
    context.begin(GIVEN)
    announcement = announce(subscribed_event, actor=organiser, at=at, message="Bring a coat")

    page = admin_client.get(f"/admin/events/announcement/{announcement.pk}/change/")
    found = admin_client.get("/admin/events/announcement/", {"q": GIVEN})

    assert GIVEN in page.content.decode()
    assert found.context["cl"].result_count == 1
