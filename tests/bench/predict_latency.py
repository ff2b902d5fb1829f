"""Predictions over HTTP beside the plain ways: MobileNetV2, all of it on one machine.

    .venv/bin/python -m pytest tests/bench/predict_latency.py -s

Starts the platform (web, workers, Postgres, Redis), trains mobilenet_v2 on 60 photographs of the
shared animals set, then asks it about 256-pixel JPEG files with 1, 8 and 32 clients, in turn with a
bare process (Pillow and ONNX Runtime on two threads, the same file) and with FastAPI and
`model.predict`. Prints requests a second, median and p99 in milliseconds, the CPU milliseconds of
each process, the ratios, and how long a predict worker takes from its start to its first answer.
"""

import http.client
import json
import os
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from typing import NamedTuple
from urllib.parse import urlsplit

import psutil
import pytest

from accounts.models import APIToken
from classifier.models import ModelVersion
from classifier.training.services.start_training import start_training
from datasets.services.versions.freeze import freeze
from tests import factories
from tests.conftest import SHARED_DATA_DIR, answers, free_port, wait_until
from tests.servers import REPOSITORY_DIR

# For the workers, which are started; the test itself takes it from its settings.
WEIGHTS = REPOSITORY_DIR.parent / "shared/data/weights"
os.environ.setdefault("LOUPE_WEIGHTS_DIR", str(WEIGHTS))

PER_CLASS = 20
CLIENTS = (1, 8, 32)
TURNS = 3
SECONDS = 6.0
BOUNDARY = "bd1f2c3e5a7b9d0f"
PACKAGES = REPOSITORY_DIR / "build" / "bench-packages"


class Measured(NamedTuple):
    """Requests a second, and milliseconds of the whole request."""

    rate: float
    median: float
    p99: float


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


def test_predict_latency(stack, user, photographs, settings):
    """Not a test of figures: it prints them, and fails when an answer is not 200."""
    settings.WEIGHTS_DIR = WEIGHTS
    version = train(stack, user, photographs)
    secret = APIToken.objects.create(user, name="bench", scopes=["predict"])[1]
    url = f"{stack.url}/api/v1/models/{version.model_id}/predict/"
    images = [image for files in photographs.values() for image in files]
    ours = Target(url, {"Authorization": f"Bearer {secret}"}, images)
    ours.measure(8, 2)
    with plain_server(stack) as address:
        plain = Target(address, {}, images)
        plain.measure(1, 2)
        at = {"Loupe": {}, "FastAPI + model.predict": {}}
        bare, turns = [], {"Loupe": [], "FastAPI + model.predict": []}
        for turn in range(TURNS):
            bare.append(bare_process(version.served_path))
            before = cpu_seconds(stack)
            turns["Loupe"].append(ours.measure(8, SECONDS))
            if turn == 0:
                report_cpu(before, cpu_seconds(stack), turns["Loupe"][0].rate * SECONDS, bare[0])
            turns["FastAPI + model.predict"].append(plain.measure(8, SECONDS))
        for name, target in (("Loupe", ours), ("FastAPI + model.predict", plain)):
            at[name][8] = Measured(*map(statistics.median, zip(*turns[name], strict=True)))
            for clients in (1, 32):
                at[name][clients] = target.measure(clients, SECONDS)
    report(at, statistics.median(each["rate"] for each in bare))
    print(f"  a predict worker's start to its first answer: {cold_start(stack, ours):.1f} s")


class Target:
    """A server that is asked about one image at a time by each of its clients."""

    def __init__(self, url: str, headers: dict[str, str], images: list[bytes]) -> None:
        self._url = urlsplit(url)
        self._headers = {
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Accept": "*/*",
            **headers,
        }
        self._bodies = [form(image) for image in images]

    def measure(self, clients: int, seconds: float) -> Measured:
        """Let so many clients ask for so long, each on one connection."""
        started = time.perf_counter()
        with ThreadPoolExecutor(clients) as pool:
            parts = list(pool.map(lambda n: self._ask(n, started + seconds), range(clients)))
        took = time.perf_counter() - started
        times = sorted(each for part in parts for each in part)
        return Measured(len(times) / took, times[len(times) // 2], times[int(len(times) * 0.99)])

    def times(self, seconds: float) -> list[float]:
        """Let one client ask for so long; return the milliseconds of each answer."""
        return self._ask(0, time.perf_counter() + seconds)

    def once(self) -> None:
        """Ask once on a connection of its own."""
        self._ask(0, 0)

    def _ask(self, client: int, until: float) -> list[float]:
        connection = http.client.HTTPConnection(self._url.hostname or "", self._url.port)
        times = []
        start = client * 7 % len(self._bodies)
        for body in cycle(self._bodies[start:] + self._bodies[:start]):
            started = time.perf_counter()
            connection.request("POST", self._url.path, body, self._headers)
            answer = connection.getresponse()
            said = answer.read()
            times.append((time.perf_counter() - started) * 1000)
            assert answer.status == 200, said
            if time.perf_counter() >= until:
                break
        connection.close()
        return times


def form(image: bytes) -> bytes:
    """Return a form with one file, as curl writes it."""
    head = 'Content-Disposition: form-data; name="images"; filename="image.jpg"'
    lines = f"--{BOUNDARY}\r\n{head}\r\nContent-Type: image/jpeg\r\n\r\n"
    return lines.encode() + image + f"\r\n--{BOUNDARY}--\r\n".encode()


def train(stack, user, photographs) -> ModelVersion:
    """Return the version of a mobilenet_v2 model trained by the platform's own worker."""
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
    version = ModelVersion.objects.get(model_id=run.model_id)
    # Few images are no judge of the gate: an answer is wanted whatever it says.
    factories.make_live(version)
    return version


@contextmanager
def plain_server(stack) -> Iterator[str]:
    """Run FastAPI and `model.predict`; its packages are installed beside, on the first time."""
    if not PACKAGES.is_dir():
        requirements = REPOSITORY_DIR / "tests/bench/plain_requirements.txt"
        pip = [sys.executable, "-m", "pip", "install", "-q", "--target", str(PACKAGES)]
        subprocess.run([*pip, "-r", str(requirements)], check=True)
    port = free_port()
    stack.start("plain", "uvicorn", "tests.bench.plain_server:app", "--port", str(port),
                "--app-dir", str(PACKAGES))  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{url}/docs"), 120, lambda: stack.log("plain"))
        yield f"{url}/predict/"
    finally:
        stack.stop("plain")


def bare_process(model) -> dict[str, float]:
    """Return `rate` and `cpu_ms` of decoding and the model alone, on two threads."""
    command = [sys.executable, "-m", "tests.bench.bare_process", str(model)]
    archive = str(SHARED_DATA_DIR / "animals.zip")
    said = subprocess.run(
        [*command, archive, str(SECONDS)], capture_output=True, check=True, cwd=REPOSITORY_DIR
    )
    return json.loads(said.stdout)


def cold_start(stack, target: Target) -> float:
    """Return the seconds from a predict worker's start to its first answer."""
    stack.stop("predict")
    started = time.perf_counter()
    stack.start("predict", "manage", "serve_predictions")
    target.once()
    return time.perf_counter() - started


def cpu_seconds(stack) -> dict[str, float]:
    """Return the CPU seconds so far of web server, predict worker, model process and decoders.

    On a machine that does other things too, these say more than the clock.
    """
    worker = psutil.Process(stack.processes["predict"].pid)
    models = worker.children()
    processes = {"web": [psutil.Process(stack.processes["web"].pid)], "worker": [worker]}
    processes |= {"model process": models}
    processes |= {"decoders": [each for model in models for each in model.children()]}
    return {
        name: sum(sum(process.cpu_times()[:2]) for process in each)
        for name, each in processes.items()
    }


def report_cpu(before, after, requests: float, bare: dict[str, float]) -> None:
    """Print the CPU milliseconds of a request."""
    spent = {name: (after[name] - before[name]) * 1000 / requests for name in after}
    shares = ", ".join(f"{name} {ms:.1f}" for name, ms in spent.items())
    print(f"\n  CPU ms a request: {shares}; sum {sum(spent.values()):.1f}; ", end="")
    print(f"bare process {bare['cpu_ms']:.1f}")


def report(at: dict[str, dict[int, Measured]], bare: float) -> None:
    """Print the table and the ratios."""
    ours, plain = at["Loupe"], at["FastAPI + model.predict"]
    print("\n| clients | | requests/s | median, ms | p99, ms |\n|---|---|---:|---:|---:|")
    for clients in CLIENTS:
        for name, measured in at.items():
            found = measured[clients]
            print(
                f"| {clients} | {name} | {found.rate:.1f} | {found.median:.0f} | {found.p99:.0f} |"
            )
    print(f"\n  bare process: {bare:.1f} images/s")
    print(f"  8 clients, of the bare process (at least 0.60): {ours[8].rate / bare:.2f}")
    print(f"  8 clients, of FastAPI (at least 8): {ours[8].rate / plain[8].rate:.1f}")
    shares = ", ".join(f"{n}: {ours[n].p99 / plain[n].p99:.2f}" for n in CLIENTS)
    print(f"  p99, of FastAPI's (at most 0.25): {shares}")
