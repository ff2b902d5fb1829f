"""60,000 results of a batch as a file: seconds, bytes, and what the web server needs for it.

    .venv/bin/python -m pytest tests/bench/batch_exports.py -s [RESULTS=60000 CLASSES=5]

The web process is the one that tests start. Each file is read while it comes, by a reader that
stops for three seconds in its middle; then a parser that is none of ours opens it (csv, json,
pyarrow) and every row is compared. Prints the seconds without the pause, the size, the highest
resident memory of the web process (`VmHWM`, set back before) above what it had, and how long
another request takes meanwhile.
"""

import csv
import io
import json
import os
import statistics
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from accounts.models import APIToken
from classifier.models import BatchPrediction, BatchResult
from common.copy_rows import copy_rows
from jobs.models import Job, Status
from tests import factories

RESULTS = int(os.environ.get("RESULTS", "60000"))
CLASSES = int(os.environ.get("CLASSES", "5"))
PAUSE = 3.0
_COLUMNS = (
    "batch_id", "index", "name", "sha256", "class_name", "probability", "decision", "answer",
    "code", "detail",
)  # fmt: skip
pytestmark = pytest.mark.timeout(900)


def test_exports(stack, user, make_model_version_row):
    """Not a test of figures: it prints them, and fails where a row is missing or another."""
    batch = batch_of(user, make_model_version_row)
    rows = [row_of(batch, index) for index in range(RESULTS)]
    copy_rows(BatchResult, _COLUMNS, rows)
    secret = APIToken.objects.create(user, name="bench", scopes=["read"])[1]
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {secret}"
    url = f"{stack.url}/api/v1/batch-predictions/{batch.pk}/results/"
    process = stack.processes["web"].pid
    # What the first request and the first Parquet file import is no cost of a file.
    assert session.get(url, params={"format": "parquet", "below_probability": 0.0}).ok
    print(f"\n{RESULTS:,} results of {CLASSES} classes", flush=True)
    for format, read in (("jsonl", of_lines), ("csv", of_csv), ("parquet", of_parquet)):
        before = settle(process)
        with Meanwhile(stack.url) as meanwhile:
            content, seconds = downloaded(session, url, format)
        peak = status(process, "VmHWM")
        print(
            f"{format}: {seconds:.1f} s, {len(content) / 1e6:.1f} MB, {RESULTS / seconds:,.0f} "
            f"results/s; web process {before / 1024:.0f} MB before, at most "
            f"{(peak - before) / 1024:+.0f} MB; another request meanwhile: "
            f"{meanwhile.said()}",
            flush=True,
        )
        compare(read(content), rows)


@pytest.fixture
def make_model_version_row(user):
    """A registered version without files: nothing answers."""
    return factories.make_model_version(factories.make_run(user))


def batch_of(user: Any, version: Any) -> BatchPrediction:
    organization = version.model.organization
    job = Job.objects.create(
        kind="batch_prediction", queue="io", organization=organization, title="Batch",
        status=Status.SUCCEEDED,
    )  # fmt: skip
    return BatchPrediction.objects.create(
        organization=organization, model_version=version, job=job, source="archive",
        source_name="new.zip", image_count=RESULTS, top_k=CLASSES, created_by=user,
        expires_at="2100-01-01T00:00:00Z",
    )  # fmt: skip


def row_of(batch: BatchPrediction, index: int) -> tuple[Any, ...]:
    """Every hundredth is an error; names and classes are of the sort that break files."""
    name = f"Ordner {index % 7}/ünï “{index}”,\t=1+1.jpg" if index % 3 else f"=cmd|{index}.jpg"
    if index % 100 == 99:
        return (batch.pk, index, name, "", "", None, "", None, "unreadable", 'It says "no",\nno.')
    first = 0.5 + (index % 4000) / 10_000
    classes = [{"class_name": f"class {n}", "probability": first / 2**n} for n in range(CLASSES)]
    return (
        batch.pk, index, name, f"{index:064x}", "class 0", first, "accept",
        {"classes": classes}, "", "",
    )  # fmt: skip


def downloaded(session: requests.Session, url: str, format: str) -> tuple[bytes, float]:
    """Read the file as it comes, with a pause; return it and the seconds without that."""
    began, parts, paused = time.perf_counter(), [], False
    with session.get(url, params={"format": format}, stream=True, timeout=300) as answer:
        assert answer.status_code == 200, answer.text
        for part in answer.iter_content(1 << 16):
            parts.append(part)
            if not paused:
                time.sleep(PAUSE)
                paused = True
    return b"".join(parts), time.perf_counter() - began - PAUSE


def of_lines(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.decode().rstrip("\n").split("\n")]


def of_csv(content: bytes) -> list[dict[str, Any]]:
    rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    for row in rows:
        # An apostrophe keeps spreadsheets from running it.
        assert row["name"][0] not in "=+-@", row
        row["name"] = row["name"].removeprefix("'")
        row["index"], row["classes"] = int(row["index"]), json.loads(row["classes"])
    return rows


def of_parquet(content: bytes) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    return pq.read_table(io.BytesIO(content)).to_pylist()


def compare(read: list[dict[str, Any]], rows: list[tuple[Any, ...]]) -> None:
    """Fail where a row is missing, in another place, or another."""
    assert len(read) == len(rows)
    for entry, row in zip(read, rows, strict=True):
        _, index, name, sha256, class_name, probability, _, answer, code, detail = row
        assert (entry["index"], entry["name"]) == (index, name)
        if code:
            assert (entry["code"], entry["detail"]) == (code, detail)
            continue
        assert entry["sha256"] == sha256
        first = entry["classes"][0]
        assert first["class_name"] == class_name
        assert first["probability"] == pytest.approx(probability, abs=1e-6)
        assert len(entry["classes"]) == len(answer["classes"])


class Meanwhile:
    """Asks the server something small, over and over."""

    def __init__(self, url: str) -> None:
        self._url, self._times, self._stop = f"{url}/healthz/ready", [], threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> "Meanwhile":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def said(self) -> str:
        """Return the median and the highest, in milliseconds."""
        return f"median {statistics.median(self._times):.0f} ms, highest {max(self._times):.0f} ms"

    def _ask(self) -> None:
        session = requests.Session()
        while not self._stop.wait(0.05):
            began = time.perf_counter()
            assert session.get(self._url, timeout=30).ok
            self._times.append((time.perf_counter() - began) * 1000)


def settle(pid: int) -> int:
    """Set the process's highest memory back to what it has now; return that, in KiB."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return status(pid, "VmRSS")


def status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
