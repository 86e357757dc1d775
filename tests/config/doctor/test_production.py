"""Test `manage.py doctor` in production behind a proxy with TLS, at an address that only the proxy knows."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from honcho.environ import parse_procfile

from tests.config.production import PRODUCTION
from tests.front import running_nginx, temporary_folder
from tests.smtp import MailServer
from tests.tls import Authority
from tests.waiting import wait_until
from tools.stage.live import Deployment
from tools.stage.nginx import NGINX
from tools.stage.paths import BASE_DIR
from tools.stage.ports import free_port

pytestmark = [pytest.mark.live, pytest.mark.skipif(NGINX is None, reason="nginx is not installed")]

SITE = "events.site.dev"
PARTS = ("web", "worker", "beat", "mailer")
NGINX_CONF = """
events {}
http {
    access_log off;
    server {
        listen 127.0.0.1:%(port)s ssl;
        ssl_certificate %(certificate)s;
        ssl_certificate_key %(certificate)s;
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-Proto %(scheme)s;
        proxy_set_header X-Real-IP $remote_addr;
        location / { proxy_pass http://127.0.0.1:%(web)s; }
        location /ws/ {
            proxy_set_header Connection upgrade;
            proxy_set_header Upgrade $http_upgrade;
            proxy_pass http://127.0.0.1:%(feed)s;
        }
    }
}
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"), "authority")


@pytest.fixture(scope="module")
def feed_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def deployment(authority: Authority, feed_port: int) -> Iterator[Deployment]:
    """A production whose feed is at the origin of the pages, as HTTPS requires."""
    with MailServer() as mail_server, temporary_folder() as folder:
        settings = {
            **PRODUCTION,
            "ALLOWED_HOSTS": f"{SITE},127.0.0.1",
            "ALLOWED_ORIGINS": f"https://{SITE}",
            "DATABASE_URL": f"sqlite:///{folder}/events.sqlite3",
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
            "TRUST_PROXY": "true",
            "FEED_PORT": "",
            "SSL_CERT_FILE": str(authority.path),
        }
        del settings["REDIS_URL"]
        with Deployment(PARTS, **settings) as running:
            command = parse_procfile((BASE_DIR / "Procfile").read_text()).processes["feed"]
            running.start("feed", command.replace("$FEED_PORT", str(feed_port)))
            running.start("sweeper", "exec python manage.py sweep --loop")
            # Of worker, sweeper and mailer.
            worked = "from notifications.models import ProcessHeartbeat; print(ProcessHeartbeat.objects.count())"
            assert wait_until(lambda: running.shell(worked) == "3", 120)
            yield running


@contextmanager
def proxy(deployment: Deployment, authority: Authority, feed_port: int, scheme: str) -> Iterator[str]:
    """Run nginx with a certificate for SITE; yield where it listens."""
    authority.context(SITE)
    port = free_port()
    values = {
        "port": port,
        "certificate": authority.path.parent / f"server-{SITE}.pem",
        "scheme": scheme,
        "web": deployment.web_url.rpartition(":")[2],
        "feed": feed_port,
    }
    with temporary_folder() as folder, running_nginx(NGINX_CONF % values, folder):
        yield f"127.0.0.1:{port}"


def examine(deployment: Deployment, *arguments: str) -> tuple[int, dict[str, dict[str, Any]]]:
    done = deployment.managed("doctor", "--json", *arguments)
    assert done.stderr == ""
    return done.returncode, {each["subject"]: each for each in json.loads(done.stdout)["checks"]}


def failures(findings: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {subject: each["finding"] for subject, each in findings.items() if each["status"] == "failed"}


def test_production_passes_through_the_proxy(deployment: Deployment, authority: Authority, feed_port: int) -> None:
    with proxy(deployment, authority, feed_port, "https") as address:
        code, findings = examine(deployment, "--connect-to", address)

    assert (code, failures(findings)) == (0, {})
    assert findings["feed"]["finding"] == "a socket opens and answers"
    # The certificates of tests are valid for an hour.
    assert (findings["public address"]["status"], findings["public address"]["finding"]) == (
        "warning",
        f"https://{SITE}, certificate valid for 0 more days",
    )


def test_redirect_loop_and_a_dead_feed_are_named(deployment: Deployment, authority: Authority, feed_port: int) -> None:
    deployment.kill("feed")
    with proxy(deployment, authority, feed_port, "http") as address:
        code, findings = examine(deployment, "--connect-to", address)

    assert code == 1
    assert failures(findings) == {
        "pages": f"every page is redirected, to https://{SITE}/robots.txt: web takes requests for plain http",
        "feed": "the handshake of a socket is answered 502: the proxy can’t reach the feed",
    }
    assert "X-Forwarded-Proto" in findings["pages"]["advice"]
    assert "event-manager-feed" in findings["feed"]["advice"]
