"""Latency and throughput of predictions over HTTP: MobileNetV2, all of it on one machine.

    .venv/bin/python -m pytest tests/bench/predict_latency.py -s

Starts the platform (web, workers, Postgres, Redis), trains mobilenet_v2 on 60 photographs of the
shared animals set, then asks it about 256-pixel JPEG files: one client at a time, then eight.
Prints medians and tails in milliseconds of the whole request, and requests a second.
"""

import os
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import psutil
import pytest
import requests

from accounts.models import APIToken
from classifier.models import ModelVersion
from classifier.training.services.start_training import start_training
from datasets.services.versions.freeze import freeze
from tests import factories
from tests.conftest import SHARED_DATA_DIR, wait_until
from tests.servers import REPOSITORY_DIR

os.environ.setdefault("LOUPE_WEIGHTS_DIR", str(REPOSITORY_DIR.parent / "shared/data/weights"))

PER_CLASS = 20
WARM_UP = 20
ALONE = 200
CLIENTS = 8
SECONDS = 15


@pytest.fixture
def photographs(shared_data) -> dict[str, list[bytes]]:
    """Twenty photographs of each class."""
    found: dict[str, list[bytes]] = {}
    with zipfile.ZipFile(SHARED_DATA_DIR / "animals.zip") as archive:
        for name in sorted(archive.namelist()):
            parts = name.split("/")
            if "train" in parts and name.endswith(".jpg"):
                files = found.setdefault(parts[-2], [])
                if len(files) < PER_CLASS:
                    files.append(archive.read(name))
    return found


def test_predict_latency(stack, user, photographs):
    """Not a test of figures: it prints them, and fails when an answer is not 200."""
    url = f"{stack.url}/api/v1/models/{train(stack, user, photographs)}/predict/"
    secret = APIToken.objects.create(user, name="bench", scopes=["predict"])[1]
    images = [image for files in photographs.values() for image in files]
    client = Client(url, secret, images)
    client.ask(WARM_UP)
    before = cpu_seconds(stack)
    alone = client.ask(ALONE)
    report("one client, after another", alone, sum(each["http_ms"] for each in alone) / 1000)
    after = cpu_seconds(stack)
    spent = {name: (after[name] - before[name]) * 1000 / ALONE for name in after}
    print("  CPU ms a request: " + ", ".join(f"{name} {ms:.1f}" for name, ms in spent.items()))
    clients = [Client(url, secret, images) for _ in range(CLIENTS)]
    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        parts = list(pool.map(lambda each: each.ask_for(SECONDS), clients))
    answers = [answer for part in parts for answer in part]
    report(f"{CLIENTS} clients", answers, time.perf_counter() - started)


class Client:
    """One connection that asks about one image at a time."""

    def __init__(self, url: str, secret: str, images: list[bytes]) -> None:
        self.url = url
        self.images = cycle(images)
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {secret}"

    def ask(self, count: int) -> list[dict[str, float]]:
        return [self.once() for _ in range(count)]

    def ask_for(self, seconds: float) -> list[dict[str, float]]:
        answers = []
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            answers.append(self.once())
        return answers

    def once(self) -> dict[str, float]:
        started = time.perf_counter()
        answer = self.session.post(
            self.url, files={"images": ("image.jpg", next(self.images))}, timeout=30
        )
        http_ms = (time.perf_counter() - started) * 1000
        assert answer.status_code == 200, answer.text
        return {"http_ms": http_ms, **answer.json()["timing"]}


def train(stack, user, photographs):
    """Return the id of a mobilenet_v2 model trained by the platform's own worker."""
    dataset = factories.make_dataset(user=user, name="Animals")
    factories.add_files(
        dataset,
        [
            (f"{name}-{number}.jpg", content, name)
            for name, files in photographs.items()
            for number, content in enumerate(files)
        ],
    )
    run = start_training(
        user=user,
        dataset_version=freeze(user=user, dataset=dataset),
        preset="mobilenet_v2",
        config={"epochs": 5},
    )

    def ended():
        run.job.refresh_from_db()
        return run.job.is_terminal

    wait_until(ended, 280, lambda: stack.log("train"))
    assert run.job.status == "succeeded", run.job.error
    run.refresh_from_db()
    # Few images are no judge of the gate: an answer is wanted whatever it says.
    factories.make_live(ModelVersion.objects.get(model_id=run.model_id))
    return run.model_id


def cpu_seconds(stack) -> dict[str, float]:
    """Return the CPU seconds so far of the web server, the predict worker and the model process.

    On a machine that does other things too, these say more than the clock.
    """
    worker = psutil.Process(stack.processes["predict"].pid)
    processes = {"web": [psutil.Process(stack.processes["web"].pid)], "worker": [worker]}
    processes["model process"] = worker.children()
    return {
        name: sum(sum(process.cpu_times()[:2]) for process in each)
        for name, each in processes.items()
    }


def report(title: str, answers: list[dict[str, float]], seconds: float) -> None:
    """Print one line of figures."""
    print(f"\n{title}: {len(answers)} requests, {len(answers) / seconds:.1f} requests/s")
    for key in ("http_ms", "queue_ms", "decode_ms", "inference_ms"):
        values = sorted(each[key] for each in answers)
        median, p95, p99 = (values[int(len(values) * share)] for share in (0.5, 0.95, 0.99))
        print(f"  {key:<13} median {median:7.1f}   p95 {p95:7.1f}   p99 {p99:7.1f}")
