"""Loupe calls no other host: the main story where each packet that leaves is counted.

A network namespace with a name server, a default route and nothing at their ends (`cut_off.py`).
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from embedded.options import REPOSITORY
from tests.conftest import free_port

CUT_OFF = ("unshare", "--net", "--mount", sys.executable, "-m", "tests.e2e.cut_off")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
# What they write is no log of ours: PostgreSQL, Redis, the supervisor, a command of the start.
NOT_OURS = ("postgres", "redis", "redis-images", "supervisord", "migrate")
# TensorFlow's own, while the warm process imports it, and Celery's as it ends.
OF_LIBRARIES = re.compile(
    r"[IWE]\d{4} |WARNING: All log messages|To enable the following|\d{4}-"
    r"|(worker: Warm shutdown \(MainProcess\))?$"
)
GIVEN = ("DATABASE_URL", "REDIS_URL", "LOUPE_IMAGES_REDIS_URL", "SECRET_KEY", "LOUPE_WEIGHTS_DIR")


def cut_off(*command: str, folder: Path, **variables: str) -> tuple[dict[str, int], str]:
    """Run a command that reaches nothing; return the packets by destination, and what it wrote."""
    report = folder / "packets.json"
    inherited = {name: value for name, value in os.environ.items() if name not in GIVEN}
    done = subprocess.run(
        [*CUT_OFF, report, *command],
        cwd=REPOSITORY,
        env=inherited | variables,
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return json.loads(report.read_text()), said


@pytest.fixture(scope="module")
def room() -> Path:
    """A folder of this test; skips where no network of one's own can be had."""
    folder = Path(tempfile.mkdtemp(prefix="cut-off-"))
    folder.chmod(0o755)
    probe = [*CUT_OFF, folder / "probe.json", "true"]
    tried = subprocess.run(probe, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        shutil.rmtree(folder)
        pytest.skip(f"no network namespace with a tunnel (needs root and /dev/net/tun): {tried}")
    yield folder
    shutil.rmtree(folder)


def test_attempts_are_counted(room):
    """Else the next test would find none whatever happens."""
    attempts = """
import socket
for family, host in (socket.AF_INET, "198.51.100.7"), (socket.AF_INET6, "2001:db8:9::7"):
    one = socket.socket(family)
    one.settimeout(0.1)
    one.connect_ex((host, 443))
try:
    socket.getaddrinfo("loupe.example", 443)
except OSError:
    pass
here = socket.create_server(("127.0.0.1", 0))
socket.create_connection(here.getsockname())
"""
    packets, _ = cut_off(sys.executable, "-c", attempts, folder=room)
    assert set(packets) == {
        "tcp 198.51.100.7:443",
        "tcp [2001:db8:9::7]:443",
        "udp 192.0.2.53:53 loupe.example",
    }


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_main_story_calls_no_other_host(room):
    data, port = room / "data", free_port()
    packets, said = cut_off(
        *(sys.executable, "-m", "embedded", "run", "--once"),
        *("--then", f"{sys.executable} -m tests.e2e.no_way_out"),
        folder=room,
        LOUPE_DATA_DIR=str(data),
        LOUPE_PORT=str(port),
        LOUPE_PUBLIC_URL=f"http://127.0.0.1:{port}",
        LOUPE_LOG_FORMAT="json",
        TRACEPARENT=f"00-{TRACE}-00f067aa0ba902b7-01",
    )
    assert packets == {}
    seen = json.loads(said.partition("SEEN ")[2].partition("\n")[0])
    seconds, words = seen["refused"]
    assert seconds < 1
    assert "vgg16_weights" in words
    assert "is not on this machine" in words

    status, examined = seen["doctor"]
    faults = [each for each in examined["findings"] if each["level"] == "fault"]
    assert (status, faults) == (0, [])
    assert len([each for each in examined["findings"] if each["level"] == "ok"]) > 12

    events = read_events(data / "logs")
    assert seen["request_id"] == TRACE
    assert [each["path"] for each in events["web"] if each.get("trace_id") == TRACE] == [
        "/healthz/ready"
    ]
    (begun,) = {each["trace_id"] for each in events["worker-train"]
                if each.get("job_id") == seen["job"]}  # fmt: skip
    started = [each for each in events["web"] if each.get("trace_id") == begun]
    assert [each["path"] for each in started if "path" in each] == ["/api/v1/training-runs/"]
    by_logger = {each["logger"] for each in events["worker-train"]
                 if each.get("job_id") == seen["job"]}  # fmt: skip
    assert {"jobs.supervision.supervisor", "jobs.child"} <= by_logger


def read_events(logs: Path) -> dict[str, list[dict]]:
    """Every line of our own programs as an event, by program."""
    paths = [path for path in logs.glob("*.log") if path.stem not in NOT_OURS]
    assert len(paths) > 6
    events, others = {}, []
    for path in paths:
        events[path.stem] = []
        for line in path.read_text().splitlines():
            try:
                events[path.stem].append(json.loads(line))
            except ValueError:
                if not OF_LIBRARIES.match(line):
                    others.append(f"{path.stem}: {line}")
    assert others == []
    return events
