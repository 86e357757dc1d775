"""Test the alert rules and the dashboard: Prometheus accepts them, they fire, and what they name exists."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from config import metrics
from tools.stage.paths import BASE_DIR

FOLDER = BASE_DIR / "config" / "deploy" / "prometheus"


def promtool(*arguments: str, folder: Path = FOLDER) -> subprocess.CompletedProcess[str]:
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed (Debian: prometheus)")
    return subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "arguments", ["check rules alerts.yml", "check config prometheus.yml", "test rules alerts_test.yml"]
)
def test_promtool_accepts(arguments: str) -> None:
    done = promtool(*arguments.split())

    assert (done.returncode, "SUCCESS" in done.stdout) == (0, True), done.stdout + done.stderr


def test_promtool_finds_a_rule_that_does_not_fire(tmp_path: Path) -> None:
    rules = (FOLDER / "alerts.yml").read_text()
    (tmp_path / "alerts.yml").write_text(rules.replace('state="failing"', 'state="fallling"'))
    shutil.copy(FOLDER / "alerts_test.yml", tmp_path)

    assert promtool("test", "rules", "alerts_test.yml", folder=tmp_path).returncode != 0


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["alerts.yml", "alerts_test.yml", "dashboard.json"])
def test_metrics_that_are_named_are_served(name: str) -> None:
    served = {
        each + suffix
        for family in text_string_to_metric_families(metrics.exposition(metrics.OF_DATABASE).decode())
        for each in [family.name]
        for suffix in {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
    }

    named = set(re.findall(r"event_manager_\w+", (FOLDER / name).read_text()))

    assert named - served == set()
    assert len(named) > 3


def test_every_alert_is_in_the_manual() -> None:
    alerts = re.findall(r"alert: (\w+)", (FOLDER / "alerts.yml").read_text())

    text = (BASE_DIR / "docs" / "operate.md").read_text()

    assert alerts
    assert [each for each in alerts if f"`{each}`" not in text] == []


def test_every_panel_of_the_dashboard_asks_something() -> None:
    panels = json.loads((FOLDER / "dashboard.json").read_text())["panels"]

    assert [panel["title"] for panel in panels if not panel["targets"]] == []
