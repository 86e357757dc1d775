"""Test what web and the background processes serve to Prometheus."""

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.test import Client
from prometheus_client import REGISTRY
from pytest_django import Settings

from config import metrics
from tests.makers import MakeEvent

SET_UP = "import django; django.setup(); from config import metrics; "


@pytest.fixture
def measured_client(settings: Settings) -> Client:
    """A client of a web that has METRICS."""
    settings.METRICS = True
    return Client()


def requests_of(route: str, method: str, status: str) -> float:
    labels = {"route": route, "method": method, "status": status}
    return REGISTRY.get_sample_value("event_manager_requests_total", labels) or 0


def test_request_counts_by_its_pattern_and_not_by_its_path(
    measured_client: Client, make_event: MakeEvent, db: None
) -> None:
    event = make_event()
    before = requests_of("events/<int:pk>/", "GET", "2xx")

    measured_client.get(f"/events/{event.pk}/")

    assert requests_of("events/<int:pk>/", "GET", "2xx") == before + 1


def test_url_that_matches_nothing_is_one_route_and_methods_are_few(measured_client: Client, db: None) -> None:
    before = requests_of("none", "other", "4xx")

    measured_client.generic("SPLENDID", "/no/such/page")

    assert requests_of("none", "other", "4xx") == before + 1


def test_metrics_of_web_contain_those_of_the_database_at_any_host(measured_client: Client, db: None) -> None:
    response = measured_client.get("/metrics", headers={"host": "web:8000"})

    assert response.status_code == 200
    assert "event_manager_delivery_lag_seconds 0.0" in response.text
    assert 'event_manager_state{of="delivery",state="stopped"} 1.0' in response.text


def test_metrics_are_not_found_through_a_proxy(measured_client: Client, db: None) -> None:
    assert measured_client.get("/metrics", headers={"x-real-ip": "192.0.2.1"}).status_code == 404


def test_metrics_are_not_found_unless_they_are_on(client: Client, db: None) -> None:
    assert client.get("/metrics").status_code == 404


def read(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize(("is_ready", "status"), [(True, 200), (False, 503)])
def test_process_serves_metrics_and_whether_it_is_ready(settings: Settings, is_ready: bool, status: int) -> None:
    settings.METRICS_PORT = 0  # any that is free

    port = metrics.serve(lambda: (is_ready, {"state": "of a test"}))

    assert port
    assert read(port, "/readyz") == (status, json.dumps({"state": "of a test"}))
    assert "event_manager_feed_sockets" in read(port, "/metrics")[1]
    assert read(port, "/")[0] == 404


def test_process_without_a_port_serves_nothing() -> None:
    assert metrics.serve() is None


def test_process_whose_port_is_in_use_logs_that_and_goes_on(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        settings.METRICS_PORT = other.getsockname()[1]

        assert metrics.serve() is None

    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_folder_is_not_used_unless_metrics_are_on(tmp_path: Path) -> None:
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics"), "METRICS_PORT": "9100"}
    code = SET_UP + "print(metrics.serve())"

    done = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)

    assert (done.stdout, (tmp_path / "metrics").exists()) == ("None\n", False)


def test_processes_that_share_a_folder_serve_what_all_of_them_counted(tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    environment = os.environ | {"METRICS": "true", "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    prepare = "import sys; sys.argv = ['celery', 'worker']; " + SET_UP
    count = "metrics.FAILURES.labels('worker').inc()"

    for code in (count, count):
        subprocess.run([sys.executable, "-c", prepare + code], env=environment, check=True)
    shown = subprocess.run(
        [sys.executable, "-c", prepare + "print(metrics.exposition().decode())"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert 'event_manager_failures_total{process="worker"} 2.0' in shown
    assert "pid=" not in shown


def test_command_beside_a_process_leaves_no_files_in_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    environment = os.environ | {"METRICS": "true", "PROMETHEUS_MULTIPROC_DIR": str(folder)}

    for arguments in (["manage.py", "check_heartbeat", "worker"], ["celery", "--app", "config", "inspect", "ping"]):
        code = f"import sys; sys.argv = {arguments}; {SET_UP}"
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)

    assert not folder.exists()
