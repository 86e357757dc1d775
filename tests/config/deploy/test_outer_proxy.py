"""Test TLS that ends at a proxy before nginx: web redirects requests that reached that proxy by http."""

from collections.abc import Iterator

import pytest

from tests.front import Front, running_front
from tools.stage.live import Deployment
from tools.stage.nginx import NGINX

pytestmark = [pytest.mark.live, pytest.mark.skipif(NGINX is None, reason="nginx is not installed")]

HOST = "events.example.org"
PAGE = "/accounts/login/"


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    settings = {"HTTPS": "true", "TRUST_PROXY": "true", "ALLOWED_HOSTS": f"{HOST},127.0.0.1", "FEED_PORT": ""}
    with Deployment(["web"], **settings, ALLOWED_ORIGINS=f"https://{HOST}") as running:
        yield running


def front_of(deployment: Deployment, outer: str) -> Iterator[Front]:
    port = int(deployment.web_url.rpartition(":")[2])
    named = {"# 10.0.0.1 1;": f"{outer} 1;", "# set_real_ip_from 10.0.0.1;": f"set_real_ip_from {outer};"}
    with running_front(port, port, named) as running:
        yield running


@pytest.fixture(scope="module")
def known(deployment: Deployment) -> Iterator[Front]:
    """Run the front with a caller, here the test, that is configured as the outer proxy."""
    yield from front_of(deployment, "127.0.0.1")


@pytest.fixture(scope="module")
def unknown(deployment: Deployment) -> Iterator[Front]:
    """Run the front with a caller that is not the configured outer proxy."""
    yield from front_of(deployment, "10.0.0.1")


@pytest.mark.parametrize("path", [PAGE, "/", "/api/v1/events/", "/admin/login/"])
def test_request_that_came_by_https_is_answered(known: Front, path: str) -> None:
    response, _ = known.ask("GET", path, Host=HOST, X_Forwarded_Proto="https")

    assert response.status == 200
    assert response.headers["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.parametrize("claim", [{"X_Forwarded_Proto": "http"}, {"X_Forwarded_Proto": "https, http"}, {}])
def test_request_that_came_by_http_is_sent_to_https_once(known: Front, claim: dict[str, str]) -> None:
    response, _ = known.ask("GET", f"{PAGE}?next=/", b"", Host=HOST, **claim)

    assert (response.status, response.headers["Location"]) == (301, f"https://{HOST}{PAGE}?next=/")
    again, _ = known.ask("GET", f"{PAGE}?next=/", Host=HOST, X_Forwarded_Proto="https")
    assert again.status == 200


def test_request_behind_a_proxy_that_is_not_named_is_redirected_for_ever(unknown: Front) -> None:
    """docs/install.md warns of this: nginx trusts nobody else, and web takes each request for plain http."""
    response, _ = unknown.ask("GET", PAGE, Host=HOST, X_Forwarded_Proto="https")

    assert (response.status, response.headers["Location"]) == (301, f"https://{HOST}{PAGE}")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_answered_without_https(unknown: Front, path: str) -> None:
    assert unknown.ask("GET", path, Host=HOST)[0].status == 200


@pytest.mark.parametrize(("origin", "status"), [(f"https://{HOST}", 200), (f"http://{HOST}", 403), ("null", 403)])
def test_form_is_accepted_from_pages_of_the_outer_origin(known: Front, origin: str, status: int) -> None:
    token = "c" * 32

    response, _ = known.ask(
        *("POST", PAGE, f"csrfmiddlewaretoken={token}&username=a".encode()),
        Host=HOST,
        X_Forwarded_Proto="https",
        Origin=origin,
        Cookie=f"csrftoken={token}",
        Content_Type="application/x-www-form-urlencoded",
    )

    assert response.status == status


def test_cookies_of_a_page_are_for_https_alone(known: Front) -> None:
    response, _ = known.ask("GET", PAGE, Host=HOST, X_Forwarded_Proto="https")

    assert "; Secure" in response.headers["Set-Cookie"]
