"""Test that nobody gets anything of somebody else from nginx, before a real web with users, hosts and languages."""

import gzip
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any, NamedTuple

import pytest

from tests.front import Front, next_second, running_front
from tools.stage.live import Deployment
from tools.stage.nginx import NGINX

pytestmark = [pytest.mark.live, pytest.mark.skipif(NGINX is None, reason="nginx is not installed")]

HOSTS = ["a.example", "b.example"]
ARRANGE = """
import json
from datetime import timedelta
from django.test import Client
from accounts.services import create_user
from config.database import database_now
from events.services import create_event

at = database_now()
users = {name: create_user(username=name, email=f"{name}@example.org", password="x") for name in ("anna", "ben")}
sessions = {}
for name, user in users.items():
    client = Client()
    client.force_login(user)
    sessions[name] = client.cookies["sessionid"].value
events = {state: create_event(actor=users["anna"], at=at, headline=f"Concert {state}", state=state,
    starts_at=at + timedelta(days=2)) for state in ("public", "private")}
print(json.dumps({"sessions": sessions, "public": events["public"].pk, "private": events["private"].pk,
    "invite": events["private"].invite_token}))
"""
CHANGE = """
from config.database import database_now
from events.models import Event
from events.services import renew_invite, update_event

event = Event.objects.get(pk={pk})
if event.state == "private":
    renew_invite(event, actor=event.author)
update_event(event, actor=event.author, at=database_now(), expected_revision=event.revision, state="{state}")
"""


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    settings = {
        "TRUST_PROXY": "true",
        "RATE_LIMIT_ENABLED": "false",
        "ALLOWED_HOSTS": ",".join(["127.0.0.1", *HOSTS]),
        "ALLOWED_ORIGINS": ",".join(f"http://{host}" for host in HOSTS),
        "FEED_PORT": "",
    }
    with Deployment(["web"], **settings) as running:
        yield running


@pytest.fixture(scope="module")
def arranged(deployment: Deployment) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(deployment.shell(ARRANGE))
    return found


@pytest.fixture(scope="module")
def web_port(deployment: Deployment) -> int:
    return int(deployment.web_url.rpartition(":")[2])


@pytest.fixture
def front(web_port: int) -> Iterator[Front]:
    with running_front(web_port, web_port) as running:
        yield running


def ask(port: int, path: str, headers: dict[str, str]) -> Answer:
    client = HTTPConnection("127.0.0.1", port)
    client.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
    for name, value in ({"Host": HOSTS[0]} | headers).items():
        client.putheader(name, value)
    client.endheaders()
    response = client.getresponse()
    body = response.read()
    client.close()
    if response.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    # Each page masks its CSRF token differently, and says when it was made.
    text = re.sub(r'("csrfmiddlewaretoken" value=|"csrfToken": |"at": )"[\w.:-]+"', r"\1", body.decode())
    return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, text)


def test_everybody_gets_only_what_is_theirs(front: Front, web_port: int, arranged: dict[str, Any]) -> None:
    """Users and strangers, on two hosts, in two languages, packed and plain, as HTML and JSON, all at once."""
    paths = ["/", f"/events/{arranged['public']}/", f"/api/v1/events/{arranged['public']}/"]
    accepted = ["text/html,application/xhtml+xml,*/*;q=0.8", "application/json"]
    persons = [{}, *({"Cookie": f"sessionid={session}"} for session in arranged["sessions"].values())]
    requests = [
        (
            path,
            {"Host": host, "Accept-Language": language, "Accept-Encoding": encoding, "Accept": accept, **person},
        )
        for path in paths
        for host in HOSTS
        for language in ("en-US,en;q=0.5", "fr,de;q=0.3")
        for encoding in ("gzip, br", "identity")
        for accept in accepted
        for person in persons
    ]
    expected = [ask(web_port, path, headers) for path, headers in requests]

    each = [index for index in range(len(requests)) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda index: ask(front.port, *requests[index]), each))

    wrong = [
        requests[index]
        for index, given in zip(each, answers, strict=True)
        if (given.status, given.body, varying(given)) != (*expected[index][::2], varying(expected[index]))
    ]
    assert wrong == []


def varying(answer: Answer) -> dict[str, str | None]:
    """Return those headers that could belong to another answer."""
    names = ["content-type", "content-encoding", "content-language", "vary", "cache-control", "set-cookie"]
    return {name: (answer.headers.get(name) or "").partition("=")[0] for name in names}


def test_withdrawn_event_is_gone_in_the_next_second(
    deployment: Deployment, front: Front, arranged: dict[str, Any]
) -> None:
    pk = arranged["public"]
    paths = [f"/events/{pk}/", f"/api/v1/events/{pk}/", "/", "/api/v1/events/"]
    before = [ask(front.port, path, {}) for path in paths]

    deployment.shell(CHANGE.format(pk=pk, state="private"))
    next_second()
    after = [ask(front.port, path, {}) for path in paths]
    deployment.shell(CHANGE.format(pk=pk, state="public"))

    assert [(answer.status, "Concert public" in answer.body) for answer in before] == [(200, True)] * 4
    assert [answer.status for answer in after] == [404, 404, 200, 200]
    assert not any("Concert public" in answer.body for answer in after)


def test_invite_that_was_renewed_opens_nothing_at_once(
    deployment: Deployment, front: Front, arranged: dict[str, Any]
) -> None:
    path = f"/events/{arranged['private']}/?invite={arranged['invite']}"
    before = [ask(front.port, each, {}).status for each in (path, f"/api/v1{path}")]

    deployment.shell(CHANGE.format(pk=arranged["private"], state="private"))
    after = [ask(front.port, each, {}).status for each in (path, f"/api/v1{path}")]

    assert (before, after) == ([200, 200], [404, 404])


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/?invite=x", "/nothing/"])
def test_page_that_is_not_for_everybody_is_never_kept(front: Front, path: str) -> None:
    for _ in range(5):
        ask(front.port, path, {})

    assert "HIT" not in {line.split()[-1] for line in front.log_of(5).splitlines()}


def test_token_of_a_form_is_one_readers(front: Front) -> None:
    cookies = {ask(front.port, "/accounts/login/", {}).headers["set-cookie"] for _ in range(5)}

    assert len(cookies) == 5


def test_nothing_is_shown_while_web_is_dead(deployment: Deployment, front: Front, arranged: dict[str, Any]) -> None:
    paths = [f"/events/{arranged['public']}/", f"/api/v1/events/{arranged['public']}/"]
    before = [ask(front.port, path, {}).status for path in paths]

    deployment.kill("web")
    next_second()
    during = [ask(front.port, path, {}).status for path in paths]
    deployment.start("web")
    deployment.wait_for("web")

    assert (before, during) == ([200, 200], [502, 503])
    assert [ask(front.port, path, {}).status for path in paths] == [200, 200]
