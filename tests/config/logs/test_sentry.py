"""Test what reaches Sentry, with a server in its place: errors, and nothing that is secret or about people."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from tests.config.production import refusal_of
from tests.sentry import SentryServer
from tests.waiting import wait_until
from tools.stage.live import Deployment
from tools.stage.paths import BASE_DIR

pytestmark = pytest.mark.live

SECRET = "hush0hush0hush"
REQUEST_ID = "0123456789abcdef0123456789abcdef"
# Breaks the database for a page whose URL contains an invite.
RENAME = "from django.db import connection; connection.cursor().execute('ALTER TABLE events_event RENAME TO gone')"
# Asks for another host, and then for a view that fails, with secrets in all that a report could contain.
FAILING_VIEW = f"""
import sys, types
from io import BytesIO
from django.conf import settings
from django.urls import path
from config.logs import context

def fail(request, number):
    context.identify(7)
    local = "{SECRET}-local"
    raise ValueError("refused: ada@example.org with Bearer {SECRET}")

fail.__module__ = "urls"
urls = types.ModuleType("urls")
urls.urlpatterns = [path("broken/<int:number>/", fail)]
sys.modules["urls"] = urls
settings.ROOT_URLCONF = "urls"
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
from config.wsgi import application
body = b"text={SECRET}-body"
environ = {{
    "REQUEST_METHOD": "GET", "PATH_INFO": "/broken/3/", "QUERY_STRING": "invite={SECRET}&q={SECRET}-query",
    "SERVER_NAME": "localhost", "SERVER_PORT": "8000", "wsgi.url_scheme": "http", "REMOTE_ADDR": "192.0.2.7",
    "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/x-www-form-urlencoded",
    "HTTP_COOKIE": "sessionid={SECRET}; other={SECRET}-cookie", "HTTP_AUTHORIZATION": "Bearer {SECRET}",
    "HTTP_REFERER": "http://localhost:8000/{SECRET}-referrer/", "HTTP_X_REQUEST_ID": "{REQUEST_ID}",
    "HTTP_HOST": "localhost:" + str(settings.PORT), "wsgi.errors": sys.stderr,
}}
for host in ("evil.example", environ["HTTP_HOST"]):
    application({{**environ, "HTTP_HOST": host}}, lambda status, headers: print(status))
"""


def run(code: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", **settings}
    return subprocess.run([sys.executable, "-c", code], cwd=BASE_DIR, env=environment, capture_output=True, text=True)


def test_failing_view_is_reported_without_what_was_sent_to_it() -> None:
    given = {"TRUST_PROXY": "true", "SENTRY_ENVIRONMENT": "staging", "SENTRY_RELEASE": "2.1"}
    with SentryServer() as server, Deployment(parts=[], SENTRY_DSN=server.dsn, **given) as deployment:
        status = deployment.shell(FAILING_VIEW)
        wait_until(lambda: bool(server.events), 20)
        [event] = server.events
        received = "".join(server.bodies)

    assert status.splitlines() == ["400 Bad Request", "500 Internal Server Error"]
    [error] = event["exception"]["values"]
    assert (error["type"], error["value"]) == ("ValueError", "refused: [redacted] with Bearer [redacted]")
    assert error["stacktrace"]["frames"][-1]["function"] == "fail"
    assert event["user"] == {"id": 7}
    assert event["request"].keys() == {"method", "url"}
    assert event["request"]["url"].endswith("/broken/3/")
    assert event["transaction"] == "/broken/{number}/"
    assert (event["environment"], event["release"]) == ("staging", "2.1")
    assert (event["tags"]["request_id"], event["tags"]["process"]) == (REQUEST_ID, "-c")
    assert SECRET not in received
    assert "ada@" not in received
    assert "192.0.2.7" not in received


def test_web_reports_what_it_logs_as_an_error() -> None:
    with SentryServer() as server, Deployment(parts=["web"], SENTRY_DSN=server.dsn) as deployment:
        deployment.shell(RENAME)

        status, request_id = _get(f"{deployment.web_url}/events/3/?invite={SECRET}")
        is_reported = wait_until(lambda: bool(server.events), 20)
        received = "".join(server.bodies)

        assert (status, is_reported) == (503, True)
        tags = server.events[0]["tags"]
    assert (tags["process"], tags["request_id"]) == ("web", request_id)
    assert SECRET not in received


def test_server_that_never_answers_delays_no_request() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        dsn = f"http://public@127.0.0.1:{silent.getsockname()[1]}/1"
        with Deployment(parts=["web"], SENTRY_DSN=dsn) as deployment:
            deployment.shell(RENAME)

            answers = [_get(f"{deployment.web_url}/events/{number}/")[0] for number in range(5)]
            silent.settimeout(20)
            silent.accept()[0].close()  # it was asked

    assert answers == [503] * 5


def test_sdk_is_imported_only_if_it_is_used() -> None:
    code = "import django, sys; django.setup(); print('sentry_sdk' in sys.modules)"

    assert run(code).stdout == "False\n"
    assert run(code, SENTRY_DSN="http://public@127.0.0.1:9/1").stdout == "True\n"


@pytest.mark.parametrize(
    "dsn", ["yes", "https://sentry.example.org/1", "https://key@sentry.example.org/", "ftp://k@h/1"]
)
def test_what_is_no_dsn_is_refused(dsn: str) -> None:
    assert refusal_of(SENTRY_DSN=dsn) == "SENTRY_DSN must be https://key@host/project, as Sentry shows it."


def _get(url: str) -> tuple[int, str]:
    """Return the status of the answer, and its request id."""
    headers = {"Cookie": f"other={SECRET}", "Referer": f"http://localhost/{SECRET}/"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as response:  # noqa: S310 - http only
            return response.status, response.headers["X-Request-ID"]
    except urllib.error.HTTPError as error:
        return error.code, error.headers["X-Request-ID"]
