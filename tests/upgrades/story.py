"""What a person does with a running Loupe, of whatever commit: by its API alone.

    python story.py fill FACTS     import digits, freeze, train, predict; write what was answered
    python story.py look FACTS     ask again for all of it
    python story.py save FACTS BACKUPS    start a training, make a backup while it runs
    python story.py wait FACTS     wait for that training

As `embedded run --then` starts it, with LOUPE_URL and the administrator's name and password.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests

from demo.sample import write_digits_archive

API = f"{os.environ['LOUPE_URL']}/api/v1/"
SECONDS = 300


def session() -> requests.Session:
    """Sign in as the administrator."""
    client = requests.Session()
    account = os.environ["LOUPE_ADMIN_USERNAME"], os.environ["LOUPE_ADMIN_PASSWORD"]
    body = {"name": f"story {time.time()}", "expires_in_days": 1}
    answer = client.post(f"{API}auth/tokens/", json=body, auth=account, timeout=60)
    answer.raise_for_status()
    client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
    return client


def call(client: requests.Session, method: str, path: str, **options: Any) -> Any:
    """Return the JSON of an answer, or end with what was said."""
    answer = client.request(method, f"{API}{path}", timeout=60, **options)
    if not answer.ok:
        sys.exit(f"{method} {path} answered {answer.status_code}: {answer.text[:500]}")
    return answer.json()


def wait(client: requests.Session, job: dict[str, Any]) -> None:
    """Wait for a job to succeed."""
    deadline = time.monotonic() + SECONDS
    while job["status"] not in ("succeeded", "failed", "cancelled"):
        if time.monotonic() > deadline:
            sys.exit(f"not through after {SECONDS} s: {job}")
        time.sleep(0.5)
        job = call(client, "GET", f"jobs/{job['id']}/")
    if job["status"] != "succeeded":
        sys.exit(f"a job has {job['status']}: {job}")


def train(client: requests.Session, version: str, epochs: int) -> dict[str, Any]:
    """Start a training of the smallest network."""
    body = {"dataset_version": version, "preset": "cnn_tiny", "config": {"epochs": epochs}}
    return call(client, "POST", "training-runs/", json=body)


def fill(client: requests.Session, facts: Path) -> dict[str, str]:
    """Import, freeze and train; return the ids."""
    dataset = call(client, "POST", "datasets/", json={"name": "Digits"})["id"]
    archive = facts.with_suffix(".zip")
    write_digits_archive(archive)
    with archive.open("rb") as stream:
        files = {"archive": ("digits.zip", stream, "application/zip")}
        started = call(client, "POST", f"datasets/{dataset}/imports/", files=files)
    wait(client, started["job"])
    split = {"strategy": "stratified", "train": 0.7, "validation": 0.1, "test": 0.2, "seed": 0}
    version = call(client, "POST", f"datasets/{dataset}/versions/", json={"split": split})["id"]
    run = train(client, version, 4)
    wait(client, run["job"])
    done = call(client, "GET", f"training-runs/{run['id']}/")["model_version"]
    reports = call(client, "GET", f"model-versions/{done}/evaluations/")["results"]
    wait(client, reports[0]["job"])
    return {"version": version, "run": run["id"], "model_version": done, "report": reports[0]["id"]}


def look(client: requests.Session, ids: dict[str, str]) -> dict[str, Any]:
    """Return what Loupe says now of everything that was made."""
    version = call(client, "GET", f"dataset-versions/{ids['version']}/")
    report = call(client, "GET", f"evaluations/{ids['report']}/")
    model_version = call(client, "GET", f"model-versions/{ids['model_version']}/")
    run = call(client, "GET", f"training-runs/{ids['run']}/")
    path = f"dataset-versions/{ids['version']}/samples/?split=test&page_size=8"
    samples = call(client, "GET", path)["results"]
    images = [call(client, "GET", f"images/{sample['image']}/") for sample in samples]
    content = [
        client.get(f"{API}images/{image['id']}/file/", timeout=60).content for image in images
    ]
    files = [("images", (image["name"], each)) for image, each in zip(images, content, strict=True)]
    model = model_version["model"]
    answer = call(client, "POST", f"models/{model}/predict/", files=files)
    return {
        "version": version,
        "report": report,
        "model_version": model_version,
        "run": run,
        "images": [[image["name"], image["sha256"]] for image in images],
        "answers": [each["classes"] for each in answer["predictions"]],
    }


def save(client: requests.Session, ids: dict[str, str], backups: str) -> str:
    """Make a backup while a training runs, and verify it; return the run's id."""
    run = train(client, ids["version"], 40)
    deadline = time.monotonic() + SECONDS
    while call(client, "GET", f"jobs/{run['job']['id']}/")["status"] != "running":
        if time.monotonic() > deadline:
            sys.exit("the training does not begin")
        time.sleep(0.2)
    for command in ("backup", "verify_backup"):
        subprocess.run([sys.executable, "manage.py", command, backups], check=True)
    if call(client, "GET", f"jobs/{run['job']['id']}/")["status"] != "running":
        sys.exit("the training ended before the backup did")
    return str(run["id"])


def main() -> None:
    """Run a chapter."""
    chapter, path = sys.argv[1], Path(sys.argv[2])
    client = session()
    facts = json.loads(path.read_text()) if path.exists() else {"ids": fill(client, path)}
    if chapter == "save":
        facts["under_way"] = save(client, facts["ids"], sys.argv[3])
    elif chapter == "wait":
        run = call(client, "GET", f"training-runs/{facts['under_way']}/")
        wait(client, run["job"])
    else:
        facts[chapter] = look(client, facts["ids"])
    path.write_text(json.dumps(facts))


if __name__ == "__main__":
    main()
