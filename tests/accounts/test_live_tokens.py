"""Test concurrent uses of one refresh token, with a real server on each database."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier
from typing import Any

import pytest

from tools.stage.live import Deployment
from tools.stage.private_mariadb import PrivateMariaDB

CALLERS = 20
# Somebody with two API sessions; prints both pairs.
ARRANGE = """
import json
from accounts.services import open_api_session, create_user
from config.database import database_now

user = create_user(username="organiser", email="organiser@example.org", password="x")
pairs = [open_api_session(user, at=database_now()) for _ in range(2)]
print(json.dumps([[pair.access, pair.refresh] for pair in pairs]))
"""


pytestmark = pytest.mark.live


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def deployment(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    """Run the web server on SQLite in its folder, then on a private MariaDB."""
    with ExitStack() as stack:
        settings = {}
        if request.param == "mariadb":
            settings["DATABASE_URL"] = stack.enter_context(PrivateMariaDB()).url
        yield stack.enter_context(Deployment(parts=["web"], **settings))


def test_refresh_token_in_many_hands_at_once_is_good_for_one_and_ends_all_sessions(deployment: Deployment) -> None:
    (access, refresh), (other_access, other_refresh) = json.loads(deployment.shell(ARRANGE))
    barrier = Barrier(CALLERS)

    def use(_: int) -> tuple[int, Any]:
        barrier.wait()
        return ask(f"{deployment.web_url}/api/v1/auth/refresh/", {"refresh": refresh})

    with ThreadPoolExecutor(CALLERS) as callers:
        answers = list(callers.map(use, range(CALLERS)))

    accepted = [answer for status, answer in answers if status == 200]
    refused = [(status, answer["code"]) for status, answer in answers if status != 200]
    assert (len(accepted), refused) == (1, [(401, "invalid_token")] * (CALLERS - 1))
    me = f"{deployment.web_url}/api/v1/users/me/"
    held = [access, other_access, accepted[0]["access"]]
    assert [ask(me, Authorization=f"Bearer {token}")[0] for token in held] == [401] * 3
    for token in (other_refresh, accepted[0]["refresh"]):
        assert ask(f"{deployment.web_url}/api/v1/auth/refresh/", {"refresh": token})[0] == 401


def ask(url: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """Send a request on its own connection; return the status and the JSON of the answer."""
    given = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, given, {"Content-Type": "application/json", **headers})  # noqa: S310 - our own server
    try:
        response = urllib.request.urlopen(request, timeout=30)  # noqa: S310 - our own server
    except urllib.error.HTTPError as error:
        response = error
    with response:
        return response.status, json.loads(response.read())
