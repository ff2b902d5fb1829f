"""From a zip to a report: Loupe beside the plain Keras script, one after the other.

`make bench-quick` starts a new platform for it. Loupe's time runs from the upload of animals.zip to
the report on its test images, through the API; then again with the dataset imported and embedded.
The script's time runs from its start. Prints a Markdown table with the ratios to the script; for
medians, run it again: a second import on one platform would find the vectors of the first.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from loupe import Loupe, sign_in
from loupe.datasets import Dataset
from tests.bench.main_job import SHARED_DATA_DIR

ARCHIVE = SHARED_DATA_DIR / "animals.zip"
WEIGHTS = SHARED_DATA_DIR / "weights"
PLAIN = Path(__file__).with_name("plain_keras.py")
LEAST_ACCURACY = 0.985
_POLL_SECONDS = 0.1
_ACTIVE = ("pending", "queued", "running", "retry_wait")


def main(preset: str) -> int:
    """Measure once; return 1 where an accuracy is missed."""
    if not ARCHIVE.is_file():
        print(f"Skipped: {ARCHIVE} is not there.")
        return 0
    client = sign_in(
        os.environ["LOUPE_URL"],
        os.environ["LOUPE_ADMIN_USERNAME"],
        os.environ["LOUPE_ADMIN_PASSWORD"],
    )
    plain = _plain()
    dataset, whole = _from_zip(client, preset)
    settle(client)
    again = _from_version(dataset, preset)
    print("\n| way | seconds | of the plain script | test accuracy |")
    print("|---|---:|---:|---:|")
    for title, measured in (
        ("plain Keras script", plain),
        (f"Loupe, {preset}: zip to report", whole),
        (f"Loupe, {preset}: imported and embedded", again),
    ):
        share = measured["seconds"] / plain["seconds"]
        print(f"| {title} | {measured['seconds']:.1f} | {share:.2f} | {measured['accuracy']:.4f} |")
    return int(min(whole["accuracy"], again["accuracy"]) < LEAST_ACCURACY)


def _plain() -> dict[str, float]:
    weights = next(WEIGHTS.glob("mobilenet_v2_*_no_top.h5"))
    finished = subprocess.run(
        [sys.executable, str(PLAIN), str(ARCHIVE), str(weights)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    answer: dict[str, float] = json.loads(finished.stdout.splitlines()[-1])
    return answer


def _from_zip(client: Loupe, preset: str) -> tuple[Dataset, dict[str, float]]:
    started = time.monotonic()
    dataset = client.create_dataset("animals")
    import_animals(dataset)
    imported = time.monotonic() - started
    measured = _from_version(dataset, preset)
    print(f"  import {imported:.1f} s, training {measured['seconds']:.1f} s", flush=True)
    return dataset, {**measured, "seconds": time.monotonic() - started}


def _from_version(dataset: Dataset, preset: str) -> dict[str, float]:
    """Freeze, train and read the report."""
    started = time.monotonic()
    run = dataset.freeze(strategy="folder").train(preset, wait=False)
    wait(run.client, run["job"])
    run.reload()
    report = next(run.model_version.reports())
    return {"accuracy": report["accuracy"], "seconds": time.monotonic() - started}


def import_animals(dataset: Dataset) -> None:
    """Import the archive in one request, as it has been measured from the beginning."""
    with ARCHIVE.open("rb") as stream:
        files = {"archive": (ARCHIVE.name, stream, "application/zip")}
        upload = dataset.api.post(f"{dataset.path}imports/", files=files)
    wait(dataset.client, upload["job"])


def wait(client: Loupe, job: dict[str, Any]) -> None:
    while job["status"] not in ("succeeded", "failed", "cancelled"):
        time.sleep(_POLL_SECONDS)
        job = client.api.get(f"jobs/{job['id']}/")
    if job["status"] != "succeeded":
        raise SystemExit(f"{job['kind']}: {job['status']} {job['error']}")


def settle(client: Loupe) -> None:
    """Wait until the platform has nothing to do."""
    while any(True for _ in client.jobs(status=_ACTIVE)):
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or ["efficientnet_lite0"]))
