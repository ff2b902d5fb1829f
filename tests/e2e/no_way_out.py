"""The client's side of `test_no_way_out.py`: the main story, what cannot be had, the doctor.

Run by `python -m embedded run --then` where no other host can be reached. Prints a line of JSON.
"""

import json
import os
import subprocess
import sys
import time

import httpx

from demo.__main__ import run_main_job
from loupe import Loupe, LoupeError, sign_in
from loupe.training import TrainingRun


def refusal_of_absent_weights(client: Loupe, run: TrainingRun) -> tuple[float, str]:
    """Ask for a run on weights that are not here; return how long the refusal took, and it."""
    version = client.api.get(f"training-runs/{run.id}/")["dataset_version"]
    asked = {"dataset_version": version, "preset": "vgg16", "name": "On absent weights"}
    started = time.monotonic()
    try:
        client.api.post("training-runs/", asked)
    except LoupeError as error:
        return time.monotonic() - started, str(error)
    raise AssertionError("a run on weights that are not here was begun")


def main() -> None:
    """Tell the story and what was seen."""
    url = os.environ["LOUPE_URL"]
    username, password = os.environ["LOUPE_ADMIN_USERNAME"], os.environ["LOUPE_ADMIN_PASSWORD"]
    with sign_in(url, username, password, name="no way out") as client:
        run = run_main_job(client)
        seconds, words = refusal_of_absent_weights(client, run)
        job = client.api.get(f"training-runs/{run.id}/")["job"]["id"]
    answer = httpx.get(f"{url}/healthz/ready", headers={"traceparent": os.environ["TRACEPARENT"]})
    command = [sys.executable, "manage.py", "doctor", "--json"]
    doctor = subprocess.run(command, capture_output=True, text=True, check=False)
    seen = {
        "job": job,
        "refused": [seconds, words],
        "request_id": answer.headers["x-request-id"],
        "doctor": [doctor.returncode, json.loads(doctor.stdout or "{}")],
    }
    print("SEEN " + json.dumps(seen), flush=True)


if __name__ == "__main__":
    main()
