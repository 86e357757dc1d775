"""Test restarting two webs behind nginx in turn, as an upgrade does, while people use the site."""

import sys
from collections import Counter

import pytest
from honcho.environ import parse_procfile

from tests.faults.callers import send
from tests.faults.rounds import rounds, within
from tests.faults.traffic import traffic
from tests.front import running_front
from tests.waiting import wait_until
from tools.stage.live import Deployment
from tools.stage.name_server import NameServer
from tools.stage.nginx import NGINX
from tools.stage.paths import BASE_DIR

pytestmark = [
    pytest.mark.faults,
    pytest.mark.live,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
    pytest.mark.skipif(sys.platform != "linux", reason="only on Linux is 127.0.0.2 an address of its own"),
]

WEBS = {"one": "127.0.0.2", "other": "127.0.0.3"}
RESTARTS = rounds(2, 10)
# How many POSTs may fail. On a busy machine, a web needs longer to stop listening.
BROKEN = rounds(RESTARTS, 1)
# The status of each kind of request that succeeds.
ANSWERED = {"post": 201, "mark read": 200, "list": 200, "unread": 200, "page": 200, "page of mine": 200}


def start(deployment: Deployment, name: str) -> None:
    """Start a web and return once it answers."""
    command = parse_procfile((BASE_DIR / "Procfile").read_text()).processes["web"]
    deployment.start(name, command.replace("127.0.0.1", WEBS[name]))
    assert wait_until(lambda: is_up(deployment, WEBS[name]), within(30))


def is_up(deployment: Deployment, address: str) -> bool:
    host = deployment.web_url.removeprefix("http://")
    try:
        return send(f"http://{host.replace('127.0.0.1', address)}/healthz", Host=host).status == 200
    except OSError:
        return False


def test_webs_restarted_in_turn_fail_no_get_and_hardly_a_post(on_mariadb: dict[str, str]) -> None:
    addresses = list(WEBS.values())
    with (
        NameServer({"web": addresses, "feed": addresses}) as names,
        Deployment(parts=[], **on_mariadb) as deployment,
    ):
        deployment.manage("collectstatic", "--no-input", "--verbosity", "0")
        for name in WEBS:
            start(deployment, name)
        port = int(deployment.web_url.rpartition(":")[2])
        with running_front(port, port, names=names, port=port), traffic(deployment) as running:
            for number in range(RESTARTS):
                name = list(WEBS)[number % 2]
                assert deployment.stop(name) == 0
                start(deployment, name)
            # A caller takes a second and a half to have asked for everything, which can be longer than the restarts.
            assert wait_until(lambda: {answer.what for answer in running.answers} == {*ANSWERED}, within(30))

    assert running.failures == []
    counts = Counter((answer.what, answer.status) for answer in running.answers)
    # A POST that was sent in the moment in which a web stopped listening, and that nginx must not send again.
    broken = counts.pop(("post", 503), 0) + counts.pop(("mark read", 503), 0)
    assert set(counts) == set(ANSWERED.items())
    assert broken <= BROKEN
