"""Test rate limits: which requests are counted together, and how those beyond a limit are refused."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import AccountMail, User
from tests.conftest import PASSWORD
from tests.makers import Api, MakeEvent, MakeUser
from tests.problems import assert_problem

LOGIN, ADMIN_LOGIN, SIGNUP = "/accounts/login/", "/admin/login/", "/accounts/signup/"
API_LOGIN, EVENTS = "/api/v1/auth/login/", "/api/v1/events/"
EXPORT = "/accounts/export/"
WRONG = {"email": "organiser@example.org", "password": "wrong"}

pytestmark = pytest.mark.usefixtures("rates")


def log_in(client: Client, name: str = "organiser@example.org", address: str = "192.0.2.1", **headers: str) -> int:
    given = {"email": name, "password": "wrong"}
    return client.post(API_LOGIN, given, "application/json", REMOTE_ADDR=address, headers=headers).status_code


# ---------------------------------------------------------------------------------------------------------- logging in


@pytest.mark.parametrize("path", ["/accounts/delete/", "/accounts/email/"])
def test_password_asked_for_again_is_counted_as_a_login(
    client: Client, rates: dict[str, str], organiser: User, path: str
) -> None:
    rates["login_by_account"] = "1/h"
    client.force_login(organiser)

    answers = [client.post(path, {"password": "wrong", "email": "a@example.org"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 429]


def test_exports_are_counted_by_user(
    client: Client, rates: dict[str, str], organiser: User, make_user: MakeUser
) -> None:
    rates["export"] = "1/h"
    client.force_login(organiser)

    first, second = client.get(EXPORT), client.get(EXPORT)
    client.force_login(make_user("another"))

    assert [first.status_code, second.status_code, client.get(EXPORT).status_code] == [200, 429, 200]
    assert 1 <= int(second["Retry-After"]) <= 3600


def test_logins_of_a_network_are_counted_over_pages_api_and_admin(
    client: Client, rates: dict[str, str], organiser: User
) -> None:
    rates["login_by_address"] = "2/h"
    for path in (LOGIN, ADMIN_LOGIN):
        assert client.post(path, {"username": "a@example.org", "password": "x"}).status_code == 200

    api = client.post(API_LOGIN, WRONG, "application/json")
    page = client.post(LOGIN, {"username": "organiser@example.org", "password": PASSWORD})
    admin = client.post(ADMIN_LOGIN, {"username": "organiser@example.org", "password": PASSWORD})

    assert_problem(api, 429, "rate_limited")
    assert [page.status_code, admin.status_code] == [429, 429]
    for response in (api, page, admin):
        assert 1 <= int(response["Retry-After"]) <= 3600
    assert "_auth_user_id" not in client.session


def test_login_beyond_the_limit_brings_the_form_back_filled(client: Client, rates: dict[str, str], db: None) -> None:
    rates["login_by_address"] = "1/h"
    given = {"username": "ada@example.org", "password": "x"}
    client.post(LOGIN, given)

    page = client.post(LOGIN, given).content.decode()

    assert 'value="ada@example.org"' in page
    assert "Too many attempts. Please wait a moment." in page


def test_logins_to_an_account_are_counted_from_wherever_and_however_it_is_spelled(
    client: Client, rates: dict[str, str], db: None
) -> None:
    rates["login_by_account"] = "3/h"
    spellings = ["organiser@example.org", "ORGANISER@example.org ", "örganiser@example.org", "organiser@example.org"]

    answers = [log_in(client, name, f"192.0.2.{number}") for number, name in enumerate(spellings)]

    assert answers == [401, 401, 401, 429]
    assert log_in(client, "other@example.org") == 401


@pytest.mark.parametrize(
    ("addresses", "answers"),
    [
        (["192.0.2.1", "192.0.2.1"], [401, 429]),
        (["192.0.2.1", "192.0.2.2"], [401, 401]),
        (["2001:db8::1", "2001:db8:0:0:ffff::2"], [401, 429]),
        (["2001:db8::1", "2001:db8:0:1::1"], [401, 401]),
        (["192.0.2.1", "::ffff:192.0.2.1"], [401, 429]),
    ],
)
def test_network_is_the_whole_ipv4_address_or_the_prefix_of_ipv6(
    client: Client, rates: dict[str, str], db: None, addresses: list[str], answers: list[int]
) -> None:
    rates["login_by_address"] = "1/h"

    assert [log_in(client, f"{each}@example.org", each) for each in addresses] == answers


@pytest.mark.parametrize(("trust", "answers"), [(False, [401, 429, 429]), (True, [401, 401, 429])])
def test_real_ip_counts_only_where_a_proxy_is_trusted(
    client: Client, settings: Settings, rates: dict[str, str], db: None, trust: bool, answers: list[int]
) -> None:
    settings.TRUST_PROXY = trust
    rates["login_by_address"] = "1/h"
    claims = [{"x-real-ip": "192.0.2.7"}, {"x-real-ip": "192.0.2.8"}, {"x-real-ip": "192.0.2.8"}]

    assert [log_in(client, f"{number}@x.org", **claim) for number, claim in enumerate(claims)] == answers


@pytest.mark.parametrize(
    "claim", [{"x-real-ip": "rubbish"}, {"x-forwarded-for": "192.0.2.9"}, {"forwarded": "for=1.1.1.1"}]
)
def test_other_claims_never_count(
    client: Client, settings: Settings, rates: dict[str, str], db: None, claim: dict[str, str]
) -> None:
    settings.TRUST_PROXY = True
    rates["login_by_address"] = "1/h"

    assert [log_in(client, "a@x.org"), log_in(client, "b@x.org", **claim)] == [401, 429]


@pytest.mark.django_db(transaction=True)
def test_of_fifty_logins_at_once_as_many_reach_the_password_check_as_may(
    live_server: LiveServer, rates: dict[str, str], organiser: User
) -> None:
    rates["login_by_address"] = "5/h"
    live_server.thread.httpd.socket.listen(
        50
    )  # so many connections may wait at once; Django's own server has room for ten
    checked: list[str] = []
    verify = MD5PasswordHasher.verify

    def counted(self: MD5PasswordHasher, password: str, encoded: str) -> bool:
        checked.append(password)
        return verify(self, password, encoded)

    def post(number: int) -> int:
        connection = http.client.HTTPConnection(live_server.url.removeprefix("http://"))
        connection.request("POST", API_LOGIN, json.dumps(WRONG), {"Content-Type": "application/json"})
        status = connection.getresponse().status
        connection.close()
        return status

    with mock.patch.object(MD5PasswordHasher, "verify", counted), ThreadPoolExecutor(50) as threads:
        answers = sorted(threads.map(post, range(50)))

    assert answers == [401] * 5 + [429] * 45
    assert checked == ["wrong"] * 5


# -------------------------------------------------------------------------------------------------- everything else


def test_signups_of_a_network_are_counted_over_page_and_api(client: Client, rates: dict[str, str], db: None) -> None:
    rates["signup"] = "1/h"
    person = {"username": "ada", "email": "ada@example.org", "password": PASSWORD, "time_zone": "UTC"}
    other = person | {"username": "bob", "email": "bob@example.org"}
    assert client.post("/api/v1/auth/signup/", person, "application/json").status_code == 201

    page, api = client.post(SIGNUP, other), client.post("/api/v1/auth/signup/", other, "application/json")

    assert_problem(api, 429, "rate_limited")
    assert (page.status_code, 'value="bob@example.org"' in page.content.decode()) == (429, True)
    assert User.objects.count() == 1


def test_refreshes_of_a_network_are_counted(client: Client, rates: dict[str, str], db: None) -> None:
    rates["refresh"] = "1/h"

    answers = [client.post("/api/v1/auth/refresh/", {"refresh": "x"}, "application/json") for _ in range(2)]

    assert answers[0].status_code == 401
    assert_problem(answers[1], 429, "rate_limited")


def test_emails_that_a_network_asks_for_are_counted(
    client: Client, rates: dict[str, str], organiser: User, stranger: User
) -> None:
    rates["mail"] = "1/h"
    people = (organiser, stranger)

    answers = [client.post("/accounts/password-reset/", {"email": person.email}) for person in people]

    assert [answer.status_code for answer in answers] == [200, 429]
    assert list(AccountMail.objects.values_list("address", flat=True)) == [organiser.email]


def test_changes_of_the_email_address_are_counted_and_the_form_keeps_what_was_typed(
    client: Client, rates: dict[str, str], organiser: User
) -> None:
    rates["mail"] = "1/h"
    client.force_login(organiser)

    given = [{"email": f"{name}@example.org", "password": PASSWORD} for name in ("first", "second")]
    answers = [client.post("/accounts/email/", each) for each in given]

    assert [answer.status_code for answer in answers] == [302, 429]
    assert 'value="second@example.org"' in answers[1].content.decode()
    assert int(answers[1]["Retry-After"]) >= 1


def test_writes_of_a_user_are_counted_over_pages_and_api_and_reads_are_not(
    client: Client, api: Api, rates: dict[str, str], organiser: User, stranger: User
) -> None:
    rates["writes"] = "2/h"
    client.force_login(organiser)
    with_token, others = api(organiser), api(stranger)

    answers = [
        client.post("/notifications/read-all/", {"up_to": 0}).status_code,
        with_token.post(EVENTS, {}).status_code,
    ]

    assert answers == [302, 400]
    assert_problem(with_token.post(EVENTS, {}), 429, "rate_limited")
    assert client.post("/notifications/read-all/", {"up_to": 0}).status_code == 429
    assert with_token.get(EVENTS).status_code == 200
    assert others.post(EVENTS, {}).status_code == 400  # from the same network


def test_writes_of_anonymous_callers_are_not_counted_together(client: Client, rates: dict[str, str], db: None) -> None:
    rates["writes"] = "1/h"

    pages = [client.post(LOGIN, {"username": "organiser@example.org", "password": "wrong"}) for _ in range(2)]

    assert [page.status_code for page in pages] == [200, 200]
    assert [log_in(client) for _ in range(2)] == [401, 401]


def test_announcements_of_an_organiser_are_counted_over_page_and_api(
    client: Client,
    api: Api,
    rates: dict[str, str],
    organiser: User,
    make_event: MakeEvent,
) -> None:
    rates["announce"] = "1/h"
    first, second = make_event(), make_event()
    client.force_login(organiser)

    answers = [api(organiser).post(f"{EVENTS}{event.pk}/announce/", {"message": "Hi"}) for event in (first, second)]
    page = client.post(f"/events/{second.pk}/announce/", {"message": "Doors open at six"})

    assert answers[0].status_code == 201
    assert_problem(answers[1], 429, "rate_limited")
    assert (page.status_code, "Doors open at six" in page.content.decode()) == (429, True)
    assert int(page["Retry-After"]) >= 1
    assert second.announcements.count() == 0


def test_announcement_sent_again_is_not_counted_again(
    client: Client,
    api: Api,
    rates: dict[str, str],
    organiser: User,
    make_event: MakeEvent,
) -> None:
    rates["announce"] = "2/h"
    event, token = make_event(), api(organiser)
    client.force_login(organiser)
    sent, headers = {"message": "Hi", "once": "key"}, {"idempotency-key": "key"}

    pages = [client.post(f"/events/{event.pk}/announce/", sent).status_code for _ in range(3)]
    calls = [token.post(f"{EVENTS}{event.pk}/announce/", sent, headers=headers).status_code for _ in range(3)]

    assert (pages, calls) == ([302] * 3, [201] * 3)
    assert_problem(token.post(f"{EVENTS}{event.pk}/announce/", sent), 429, "rate_limited")


@pytest.mark.parametrize("path", [API_LOGIN, LOGIN, ADMIN_LOGIN])
def test_accounts_behind_one_network_are_counted_separately(
    client: Client, rates: dict[str, str], organiser: User, stranger: User, path: str
) -> None:
    rates["login_by_account"] = "1/h"
    name, kind = (
        ("email", "application/json") if path == API_LOGIN else ("username", "application/x-www-form-urlencoded")
    )

    def answer(email: str) -> int:
        body = json.dumps({name: email, "password": "wrong"}) if path == API_LOGIN else f"{name}={email}&password=wrong"
        return client.post(path, body, kind).status_code

    first, second, other = answer(organiser.email), answer(organiser.email), answer(stranger.email)

    assert (first, second, other) == (first, 429, first)
    assert first in {200, 401}


@pytest.mark.parametrize("door", ["page", "api"])
def test_organisers_behind_one_network_are_counted_separately(
    api: Api,
    rates: dict[str, str],
    organiser: User,
    stranger: User,
    make_event: MakeEvent,
    door: str,
) -> None:
    rates["announce"] = "1/h"

    def answers(person: User) -> list[int]:
        events, page, token = [make_event(actor=person) for _ in range(2)], Client(), api(person)
        page.force_login(person)
        if door == "page":
            return [page.post(f"/events/{event.pk}/announce/", {"message": "Hi"}).status_code for event in events]
        return [token.post(f"{EVENTS}{event.pk}/announce/", {"message": "Hi"}).status_code for event in events]

    assert answers(organiser) == answers(stranger) == ([302, 429] if door == "page" else [201, 429])


@pytest.mark.parametrize(("path", "type_"), [("/", "text/html; charset=utf-8"), (EVENTS, "application/problem+json")])
def test_requests_of_a_network_are_counted_except_for_health(
    client: Client, rates: dict[str, str], db: None, path: str, type_: str
) -> None:
    rates["requests"] = "1/h"
    assert [client.get("/healthz").status_code for _ in range(3)] == [200] * 3

    answers = [client.get(path), client.get(path), client.get(path, REMOTE_ADDR="192.0.2.1")]

    assert [answer.status_code for answer in answers] == [200, 429, 200]
    assert answers[1]["Content-Type"] == type_
    assert int(answers[1]["Retry-After"]) >= 1
    assert client.get("/readyz").status_code != 429


def test_lifted_limits_count_nothing(client: Client, settings: Settings, rates: dict[str, str], db: None) -> None:
    settings.RATELIMIT_ENABLE = False
    rates.update(dict.fromkeys(rates, "1/h"))

    assert [log_in(client) for _ in range(3)] == [401] * 3
