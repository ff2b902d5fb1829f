"""The main job, by a browser's form and the client, against running containers."""

import re
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

from demo.sample import write_digits_archive
from loupe import Loupe, sign_in
from loupe.images import ImageFile
from loupe.training import TrainingRun

PERSON, PASSWORD = "mira", "correct horse battery staple"
ASKED = 20


def sign_up(url: str) -> Loupe:
    """Make an account by the page's form and return a client that is signed in."""
    with httpx.Client(base_url=url, follow_redirects=True, timeout=60) as browser:
        page = browser.get("/accounts/signup/")
        form = {
            "csrfmiddlewaretoken": _token_of(page.text),
            "username": PERSON,
            "email": "mira@example.com",
            "password1": PASSWORD,
            "password2": PASSWORD,
        }
        answer = browser.post("/accounts/signup/", data=form, headers={"Referer": url})
        if answer.status_code != 200 or "/accounts/" in str(answer.url):
            raise RuntimeError(f"the sign-up was refused: {answer.status_code} {answer.url}")
    return again(url)


def again(url: str) -> Loupe:
    """Return a client of the same person, by a new token."""
    return sign_in(url, PERSON, PASSWORD, name="proof")


def train(client: Loupe) -> TrainingRun:
    """Import 1,797 digits, freeze a version and train on it; return the finished run."""
    dataset = client.create_dataset("Digits")
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "digits.zip"
        write_digits_archive(archive)
        dataset.import_images(archive, progress=False)
    version = dataset.freeze(train=0.7, validation=0.1, test=0.2)
    return version.train("cnn_tiny", config={"seed": 0}, progress=False)


def facts(client: Loupe, run_id: str) -> dict[str, Any]:
    """Return what must not change: digests, hashes, the report, and answers to test images."""
    run: TrainingRun = next(run for run in client.training_runs() if run.id == run_id)
    version = client.dataset("Digits").version()
    samples = list(islice(version.samples(split="test"), ASKED))
    images = [
        ImageFile(sample["name"], client.api.read(f"images/{sample['image']}/file/"), None)
        for sample in samples
    ]
    answers = run.model_version.predict(images)
    report = run.report()
    return {
        "digest": version["digest"],
        "files": run.model_version["files"],
        "accuracy": report.accuracy,
        "matrix": report.confusion_matrix,
        "epochs": run.epochs(),
        "answers": [(each.class_name, round(each.probability, 6)) for each in answers],
        "truth": [sample["class_name"] for sample in samples],
    }


def wait_for_epoch(run: TrainingRun, epoch: int, seconds: float) -> int:
    """Return how many epochs are finished, once there are so many."""
    deadline = time.monotonic() + seconds
    while len(done := run.epochs()) < epoch:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{len(done)} epochs after {seconds} s")
        time.sleep(0.5)
    return len(done)


def _token_of(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    if found is None:
        raise RuntimeError("the page has no form")
    return found[1]
