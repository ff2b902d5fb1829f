"""What docs/monitoring/ asks of Prometheus is what `/metrics` tells, and is written as it reads."""

import json
import re
import shutil
import subprocess

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from jobs.errors import OF_THE_INSTALLATION
from tests.servers import REPOSITORY_DIR

FOLDER = REPOSITORY_DIR / "docs" / "monitoring"
RULES = yaml.safe_load((FOLDER / "loupe-alerts.yaml").read_text())["groups"]
PANELS = json.loads((FOLDER / "loupe-dashboard.json").read_text())["panels"]
ALERTS = {rule["alert"]: rule["expr"] for group in RULES for rule in group["rules"]}
SHOWN = {
    f"{panel['title']} {target['refId']}": target["expr"]
    for panel in PANELS
    for target in panel.get("targets", ())
}
# What a metric of this type is called in a reading, by the name of its family.
ENDINGS = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
    "summary": ("_sum", "_count"),
}


@pytest.fixture
def told(client, settings, db) -> set[str]:
    """The names in a reading of an installation that has done nothing yet."""
    settings.METRICS_TOKEN = "scrape"
    answer = client.get("/metrics", headers={"Authorization": "Bearer scrape"})
    return {
        f"{family.name}{ending}"
        for family in text_string_to_metric_families(answer.content.decode())
        for ending in ENDINGS[family.type]
    }


def test_every_name_is_one_that_is_told(told):
    asked = {
        name: set(re.findall(r"\bloupe_\w+", expression))
        for name, expression in {**ALERTS, **SHOWN}.items()
    }
    assert len(ALERTS) > 5
    assert len(SHOWN) > 10
    assert [name for name, names in asked.items() if not names] == []
    assert {n: names - told for n, names in asked.items() if names - told} == {}


def test_every_metric_is_shown(told):
    shown = set(re.findall(r"\bloupe_\w+", " ".join(SHOWN.values())))
    known_by_part = {"loupe_jobs_duration_seconds_sum", "loupe_jobs_duration_seconds_count"}
    assert told - shown - known_by_part == set()


def test_failures_that_are_no_fault_of_the_data_are_alerted():
    (codes,) = re.findall(r'code=~"(.*?)"', ALERTS["LoupeJobsFail"])
    assert codes.split("|") == list(OF_THE_INSTALLATION)


def test_every_alert_says_what_to_do():
    for group in RULES:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in ("page", "warning", "info")
            assert {"summary", "description"} <= set(rule["annotations"])


def test_promtool_finds_no_fault(tmp_path):
    """Also in what the dashboard asks, as rules of their own."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: apt install prometheus)")
    rules = [{"record": f"loupe:{n}", "expr": e} for n, e in enumerate(SHOWN.values())]
    asked = tmp_path / "dashboard.yaml"
    asked.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    for command in (
        ["check", "rules", FOLDER / "loupe-alerts.yaml", asked],
        ["check", "config", "--syntax-only", FOLDER / "prometheus.yml"],
    ):
        checked = subprocess.run([promtool, *command], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_alerts_fire_when_they_should_and_not_before(tmp_path):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: apt install prometheus)")
    oldest = 'loupe_jobs_oldest_waiting_seconds{queue="%s",status="%s"}'
    failed = 'loupe_jobs_failures_total{kind="%s",code="%s",instance="%s"}'
    series = {
        oldest % ("train", "queued"): "0+60x60",
        oldest % ("io", "queued"): "0+60x60",
        oldest % ("io", "pending"): "1x60",
        'loupe_jobs_running{queue="io",kind="import_dataset"}': "1x60",
        "loupe_jobs_reaped_total": "0x30 1 2 3 4x26",
        failed % ("train", "bad_data", "web-1"): "0+1x60",
        failed % ("train", "internal", "web-1"): "0x30 0+1x29",
        # Ten at once, in a series that was 0; and two, as two web servers tell of them.
        failed % ("import_dataset", "disk_full", "web-1"): "0x40 10x19",
        failed % ("export_model", "lost", "web-1"): "0x40 2x19",
        failed % ("export_model", "lost", "web-2"): "0x40 2x19",
        # What a web server tells that has just been started.
        failed % ("evaluate", "stalled", "web-3"): "_x40 500x19",
        "loupe_promises_withdrawn_lately": "0x45 1x14",
    }
    firing = {
        "LoupeQueueHasNoWorker": 1,
        "LoupeWorkersGoSilent": 1,
        "LoupeJobsFail": 2,
        "LoupePromiseIsBroken": 1,
    }
    text = yaml.safe_dump(
        {
            "rule_files": [str(FOLDER / "loupe-alerts.yaml")],
            "evaluation_interval": "1m",
            "tests": [
                {
                    "interval": "1m",
                    "input_series": [{"series": k, "values": v} for k, v in series.items()],
                    "promql_expr_test": [
                        {
                            "expr": f'count(ALERTS{{alertname="{name}",alertstate="firing"}})',
                            "eval_time": "50m",
                            "exp_samples": [
                                {"value": count, "labels": "{}"}
                                for alert, count in firing.items()
                                if alert == name
                            ],
                        }
                        for name in ALERTS
                    ],
                }
            ],
        }
    )
    (tmp_path / "test.yaml").write_text(text)
    command = [promtool, "test", "rules", tmp_path / "test.yaml"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
