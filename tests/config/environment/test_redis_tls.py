"""Test `rediss://` with everything that reads REDIS_URL: the certificate is verified unless the URL disables it."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.conf import settings as django_settings
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as RedisConnectionError

from config.environment.redis_url import celery_broker
from config.limits.counters import CounterCache
from tests.proxies import TlsProxy
from tests.tls import Authority
from tests.waiting import wait_until
from tools.stage.live import Deployment
from tools.stage.private_valkey import PrivateValkey

Read = Callable[[str], None]


@pytest.fixture(scope="module")
def tls_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def authority(tls_folder: Path) -> Authority:
    return Authority(tls_folder, "ours")


@pytest.fixture(scope="module")
def tls_proxy(valkey_server: PrivateValkey, authority: Authority) -> Iterator[TlsProxy]:
    with TlsProxy(valkey_server.folder / "valkey.sock", authority.context()) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def misnamed_proxy(valkey_server: PrivateValkey, authority: Authority) -> Iterator[TlsProxy]:
    """Run a server with a valid certificate for another name."""
    with TlsProxy(valkey_server.folder / "valkey.sock", authority.context("192.0.2.1")) as proxy:
        yield proxy


def cache(url: str) -> None:
    """Count something as rate limits do, without the cache's own handling of failures."""
    given = django_settings.CACHES["counters"]
    CounterCache(url, {"OPTIONS": given["OPTIONS"]})._count_in_redis(["one"], [1, 60])


def layer(alias: str) -> Read:
    given: dict[str, Any] = {**django_settings.CHANNEL_LAYERS[alias]}

    def send(url: str) -> None:
        """Send a message through a layer as the settings make it, at another URL."""
        hosts = [{**given["CONFIG"]["hosts"][0], "address": url}]
        made = import_string(given["BACKEND"])(hosts=hosts)
        asyncio.run(made.group_send("feed", {"type": "wake"}))

    return send


def celery(url: str) -> None:
    broker, options = celery_broker(url)
    app = Celery("tests", broker=broker, broker_use_ssl=options)
    app.connection_for_write().ensure_connection(max_retries=1, interval_start=0, timeout=5)
    app.send_task("notifications.sweep", queue="tests", retry=False)


READERS = {"cache": cache, "layer default": layer("default"), "layer push": layer("push"), "celery": celery}
REFUSED = (RedisConnectionError, OperationalError)
each_reader = pytest.mark.parametrize("read", READERS.values(), ids=READERS.keys())


@each_reader
def test_server_with_a_certificate_of_a_known_authority_is_used(
    read: Read, tls_proxy: TlsProxy, authority: Authority
) -> None:
    read(f"{tls_proxy.url}?ssl_ca_certs={authority.path}")


@each_reader
@pytest.mark.parametrize("query", ["", "?ssl_cert_reqs=required", "?ssl_cert_reqs=optional"])
def test_server_of_an_unknown_authority_is_refused(read: Read, query: str, tls_proxy: TlsProxy) -> None:
    with pytest.raises(REFUSED, match="CERTIFICATE_VERIFY_FAILED"):
        read(f"{tls_proxy.url}{query}")


@each_reader
def test_server_of_another_authority_is_refused(read: Read, tls_proxy: TlsProxy, tls_folder: Path) -> None:
    with pytest.raises(REFUSED, match="CERTIFICATE_VERIFY_FAILED"):
        read(f"{tls_proxy.url}?ssl_ca_certs={Authority(tls_folder, 'another').path}")


@each_reader
def test_server_of_another_name_is_refused_unless_names_do_not_count(
    read: Read, misnamed_proxy: TlsProxy, authority: Authority
) -> None:
    with pytest.raises(REFUSED, match="CERTIFICATE_VERIFY_FAILED"):
        read(f"{misnamed_proxy.url}?ssl_ca_certs={authority.path}")

    read(f"{misnamed_proxy.url}?ssl_ca_certs={authority.path}&ssl_check_hostname=false")


@each_reader
def test_server_is_not_verified_where_the_url_says_so(read: Read, tls_proxy: TlsProxy) -> None:
    read(f"{tls_proxy.url}?ssl_cert_reqs=none")


@pytest.mark.parametrize(
    ("url", "broker", "options"),
    [
        ("redis://:hush@redis:6379/1", "redis://:hush@redis:6379/1", None),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock", None),
        ("unix:///run/valkey.sock?db=3", "redis+socket:///run/valkey.sock?virtual_host=3", None),
        ("rediss://:h%2Fsh@redis/1", "rediss://:h%2Fsh@redis/1", {"ssl_cert_reqs": "required"}),
        (
            "rediss://redis?socket_timeout=5&ssl_ca_certs=/a%20b.pem&ssl_check_hostname=false",
            "rediss://redis?socket_timeout=5",
            {"ssl_cert_reqs": "required", "ssl_ca_certs": "/a b.pem", "ssl_check_hostname": False},
        ),
    ],
)
def test_broker_is_what_redis_py_reads(url: str, broker: str, options: dict[str, object] | None) -> None:
    assert celery_broker(url) == (broker, options)


@pytest.mark.live
def test_deployment_sweeps_and_pushes_by_tls(tls_proxy: TlsProxy, authority: Authority) -> None:
    """Worker and beat use a verified connection. With one that can't be verified, nothing is swept."""
    heartbeat = "from notifications.models import Heartbeat; print(Heartbeat.objects.count())"
    with Deployment(parts=["worker", "beat"], REDIS_URL=f"{tls_proxy.url}?ssl_ca_certs={authority.path}") as deployment:
        assert wait_until(lambda: deployment.shell(heartbeat) == "1", 60)

    with Deployment(parts=["worker", "beat"], REDIS_URL=tls_proxy.url) as deployment:
        parts = ("worker", "beat")
        assert wait_until(lambda: all("CERTIFICATE_VERIFY_FAILED" in deployment.logs(part) for part in parts), 60)
        assert deployment.shell(heartbeat) == "0"
