"""Test the host of requests: only our names and ports are accepted, because links and redirects are built from them."""

from collections.abc import Callable, Iterator

import pytest
from django.core.signals import request_started
from django.db import close_old_connections
from pytest_django import Settings

from config.environment.origins import is_own_port
from config.web.requests import Handler
from tests.config.web.doorway import call

pytestmark = pytest.mark.django_db
SITE = "events.example.org"
PAGE, API = "/accounts/login/", "/api/v1/events/"

Ask = Callable[..., tuple[int, dict[str, str], str]]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Call the WSGI application itself, which Django's client bypasses; return status, headers and text."""

    def asked(path: str, host: str, **headers: str) -> tuple[int, dict[str, str], str]:
        return call(Handler(), "GET", path, b"", HTTP_HOST=host, **headers)

    request_started.disconnect(close_old_connections)
    yield asked
    request_started.connect(close_old_connections)


@pytest.fixture
def production(settings: Settings) -> None:
    settings.EMBEDDED, settings.FEED_PORT = False, None
    settings.ALLOWED_HOSTS = [SITE, "internal", "[::1]"]
    settings.ALLOWED_ORIGINS = [f"http://{SITE}", f"http://{SITE}:8080", "http://[::1]:8443"]


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("path", [PAGE, API, "/", "/sitemap.xml", "/robots.txt", "/nothing"])
@pytest.mark.parametrize("port", ["1234", "8000", "443", "0", "08080", "9" * 5_000])
def test_foreign_port_is_refused_as_a_foreign_host_is(ask: Ask, path: str, port: str) -> None:
    refused, foreign = ask(path, f"{SITE}:{port}"), ask(path, "evil.example")

    assert refused[0] == foreign[0] == 400
    assert refused[1]["Content-Type"] == foreign[1]["Content-Type"]
    assert (refused[1]["Content-Type"] == "application/problem+json") == path.startswith("/api/")
    assert refused[2] == foreign[2]


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("host", [SITE, f"{SITE}:80", f"{SITE}:8080", f"{SITE.upper()}:8080", "internal", "[::1]:8443"])
def test_port_of_an_origin_is_answered(ask: Ask, host: str) -> None:
    assert ask(PAGE, host)[0] == 200


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("host", [f"{SITE}:8443", "internal:8080", "[::1]:8080", "[::1]:80"])
def test_port_of_another_host_is_refused(ask: Ask, host: str) -> None:
    assert ask(PAGE, host)[0] == 400


@pytest.mark.usefixtures("production")
def test_redirect_to_https_goes_to_no_foreign_port(ask: Ask, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_ORIGINS = [f"https://{SITE}:8443"]

    assert ask(PAGE, f"{SITE}:1234")[0] == 400
    status, headers, _ = ask(PAGE, f"{SITE}:8443")
    assert (status, headers["Location"]) == (301, f"https://{SITE}:8443{PAGE}")


def test_embedded_deployment_answers_at_its_own_port_and_those_of_its_origins(ask: Ask, settings: Settings) -> None:
    settings.PORT, settings.ALLOWED_ORIGINS = 9000, ["http://localhost:8080"]

    answers = {host: ask(PAGE, host)[0] for host in ("localhost:9000", "127.0.0.1:9000", "localhost:8080", "localhost")}

    assert answers == dict.fromkeys(answers, 200)
    assert ask(PAGE, "localhost:8000")[0] == 400


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize(
    ("scheme", "port", "is_own"), [("http", "80", True), ("https", "443", True), ("https", "80", False)]
)
def test_host_that_no_origin_names_is_at_the_port_of_its_scheme(scheme: str, port: str, is_own: bool) -> None:
    assert is_own_port("internal", port, scheme=scheme) is is_own


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probe_may_ask_at_any_port_of_a_host(ask: Ask, path: str) -> None:
    assert ask(path, "internal:8000")[0] == 200
    assert ask(path, "evil.example:8000")[0] == 400


@pytest.mark.usefixtures("production")
def test_host_that_a_proxy_claims_is_not_believed(ask: Ask) -> None:
    claims = {"HTTP_X_FORWARDED_HOST": "evil.example:1234", "HTTP_X_FORWARDED_PORT": "1234"}

    status, _, text = ask("/robots.txt", SITE, **claims)

    assert status == 200
    assert f"Sitemap: http://{SITE}/sitemap.xml" in text


@pytest.mark.usefixtures("production")
def test_foreign_port_is_logged_in_one_line(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    ask(PAGE, f"{SITE}:1234")

    [record] = [each for each in caplog.records if each.name == "django.security.DisallowedHost"]
    assert record.exc_info is None
    assert record.getMessage() == (
        f"Invalid HTTP_HOST header: '{SITE}:1234'. You may need to add its port to ALLOWED_ORIGINS."
    )
