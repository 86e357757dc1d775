"""Test the composed deployment's nginx, before two servers that answer with what they were sent."""

import re
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest

from tests.front import Front, echo_servers, running_front
from tools.stage.nginx import NGINX

MEGABYTE = 1024 * 1024

pytestmark = [pytest.mark.live, pytest.mark.skipif(NGINX is None, reason="nginx is not installed")]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, ThreadingHTTPServer]]:
    with echo_servers() as running:
        yield running


@pytest.fixture(scope="module")
def front(servers: dict[str, ThreadingHTTPServer]) -> Iterator[Front]:
    with running_front(servers["web"].server_port, servers["feed"].server_port) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "server"), [("/", "web"), ("/api/v1/events/", "web"), ("/wsx/", "web"), ("/ws/notifications/", "feed")]
)
def test_feed_gets_the_sockets_and_web_the_rest(
    front: Front, servers: dict[str, ThreadingHTTPServer], path: str, server: str
) -> None:
    _, sent = front.ask("GET", path)

    assert sent["port"] == servers[server].server_port


def test_upgrade_of_a_socket_is_passed_on(front: Front) -> None:
    _, sent = front.ask("GET", "/ws/notifications/", Upgrade="websocket", Connection="Upgrade", Origin="https://here")

    assert (sent["Upgrade"], sent["Connection"], sent["Origin"]) == ("websocket", "upgrade", "https://here")


def test_ip_address_is_the_callers_own_whatever_its_headers_claim(front: Front) -> None:
    _, sent = front.ask("GET", "/", X_Real_IP="6.6.6.6", X_Forwarded_For="6.6.6.6")

    assert sent["X-Real-IP"] == "127.0.0.1"
    assert "X-Forwarded-For" not in sent


@pytest.mark.parametrize("claimed", ["https", "http", "ftp"])
def test_scheme_is_not_what_a_caller_claims(front: Front, claimed: str) -> None:
    _, sent = front.ask("GET", "/", X_Forwarded_Proto=claimed)

    assert sent["X-Forwarded-Proto"] == "http"


@pytest.mark.parametrize(("claimed", "passed"), [("https", "https"), ("http", "http"), ("ftp", "http")])
def test_outer_proxy_that_is_named_is_believed(
    servers: dict[str, ThreadingHTTPServer], claimed: str, passed: str
) -> None:
    named = {"# 10.0.0.1 1;": "127.0.0.1 1;", "# set_real_ip_from 10.0.0.1;": "set_real_ip_from 127.0.0.1;"}
    with running_front(servers["web"].server_port, servers["feed"].server_port, named) as front:
        _, sent = front.ask("GET", "/", X_Forwarded_Proto=claimed, X_Real_IP="192.0.2.1")

    assert (sent["X-Forwarded-Proto"], sent["X-Real-IP"]) == (passed, "192.0.2.1")


def test_flood_to_the_api_is_refused_as_a_problem(front: Front) -> None:
    response, problem = front.ask("POST", "/api/v1/events/", b"x" * (MEGABYTE + 1))

    assert (response.status, response.headers["Content-Type"]) == (413, "application/problem+json")
    assert (problem["status"], problem["code"]) == (413, "body_too_large")


def test_body_up_to_the_limit_of_django_comes_through(front: Front) -> None:
    response, sent = front.ask("POST", "/api/v1/events/", b"x" * (256 * 1024 + 1))

    assert (response.status, sent["Content-Length"]) == (200, str(256 * 1024 + 1))


def test_calendar_file_comes_through_to_its_page(front: Front) -> None:
    response, sent = front.ask("POST", "/events/import/", b"x" * (5 * MEGABYTE + 64 * 1024))

    assert (response.status, sent["Content-Length"]) == (200, str(5 * MEGABYTE + 64 * 1024))


@pytest.mark.parametrize(
    "path", ["/", "/events/import", "/events/import/1/", "/events/import/1/run/", "/events/new/", "/accounts/login/"]
)
def test_file_is_refused_on_every_other_page(front: Front, path: str) -> None:
    response, _ = front.ask("POST", path, b"x" * (MEGABYTE + 1))

    assert response.status == 413


def test_file_that_is_too_large_leads_back_to_its_page(front: Front) -> None:
    response, _ = front.ask("POST", "/events/import/", b"x" * (6 * MEGABYTE + 1), Host="site.example:8080")

    assert response.status == 303
    assert response.headers["Location"] == "http://site.example:8080/events/import/?too-large"


def test_body_of_a_handshake_is_refused(front: Front) -> None:
    response, _ = front.ask("POST", "/ws/notifications/", b"x" * 1025)

    assert response.status == 413


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/events/1/?invite=hush", "GET /events/1/ 200"),
        ("/accounts/password-reset/MQ/hush-hush/", "GET /accounts/password-reset/... 200"),
        ("/accounts/email/undo/7:hush/", "GET /accounts/email/undo/... 200"),
        ("/feeds/hush-hush.ics?alarms=1", "GET /feeds/... 200"),
    ],
)
def test_log_keeps_single_purpose_links_to_itself(front: Front, path: str, logged: str) -> None:
    front.ask("GET", path)

    assert logged in front.log()
    assert "hush" not in front.log()


def test_request_has_an_id_of_nginx_whatever_the_caller_claims(front: Front) -> None:
    _, sent = front.ask("GET", "/", X_Request_ID="mine")

    assert re.fullmatch("[0-9a-f]{32}", sent["X-Request-ID"])
    assert sent["X-Request-ID"] in front.log()


@pytest.mark.parametrize("path", ["/metrics", "//metrics", "/x/../metrics", "/%6detrics"])
def test_figures_of_web_stay_inside(front: Front, path: str) -> None:
    assert front.ask("GET", path)[0].status == 404


def test_connection_to_web_ends_with_its_request(front: Front) -> None:
    _, sent = front.ask("GET", "/")

    assert sent["Connection"] == "close"


def test_program_is_answered_with_a_problem_while_web_is_away(
    front: Front, servers: dict[str, ThreadingHTTPServer]
) -> None:
    servers["web"].shutdown()
    servers["web"].server_close()

    response, problem = front.ask("GET", "/api/v1/events/?invite=hush", Referer="http://localhost/?invite=hush")

    log = (front.folder / "error.log").read_text()
    assert "upstream failed: GET /api/v1/events/ 503" in log
    assert "hush" not in log
    assert (response.status, response.headers["Content-Type"]) == (503, "application/problem+json")
    assert (problem["code"], response.headers["Retry-After"]) == ("service_unavailable", "5")
