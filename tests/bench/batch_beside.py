"""Single predictions with a batch beside them, and a batch beside work that fills the machine.

    .venv/bin/python -m pytest tests/bench/batch_beside.py -s [TURNS=3 SECONDS=8]

Starts the platform, trains mobilenet_v2 on photographs of the shared animals set, then takes turns:
one client asks about one photograph after the other while nothing else runs, beside one batch and
beside three, beside two busy loops, and beside these and a batch. Prints the median and the 95th of
a hundred answers in milliseconds, what the batches answer in a second, and how fast the loops are.
"""

import multiprocessing
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from accounts.models import APIToken
from classifier.batches.services.start_batch import start_on_dataset
from classifier.models import BatchPrediction, BatchResult
from classifier.registry.selectors.models import version_to_serve
from datasets.models import Image
from jobs.models import TERMINAL, Job
from jobs.services.cancel import cancel
from tests import factories
from tests.bench.predict_latency import WEIGHTS, Target, photographs, train
from tests.conftest import wait_until

assert photographs
TURNS = int(os.environ.get("TURNS", "3"))
SECONDS = float(os.environ.get("SECONDS", "8"))
IMAGES = 20_000
# Beside busy loops, a look at less would see one window of `programs.least_share` alone.
LOADED_SECONDS = float(os.environ.get("LOADED_SECONDS", "60"))
STATES = {"nothing": 0, "one batch": 1, "three batches": 3}
pytestmark = pytest.mark.timeout(1800)


def test_a_batch_is_not_felt(stack, user, photographs, settings):
    """Not a test of figures: it prints them, and fails when an answer is not 200."""
    settings.WEIGHTS_DIR, settings.BATCH_IMAGES_A_DAY = WEIGHTS, 10_000_000
    version = train(stack, user, photographs)
    served = version_to_serve(user, version.model_id)
    files = [file for each in photographs.values() for file in each]
    dataset = many_of(user, files)
    secret = APIToken.objects.create(user, name="bench", scopes=["predict"])[1]
    url = f"{stack.url}/api/v1/models/{version.model_id}/predict/"
    client = Target(url, {"Authorization": f"Bearer {secret}"}, files)
    client.measure(1, 3)
    found: dict[str, list[dict[str, float]]] = {state: [] for state in STATES}
    for turn in range(TURNS):
        for state in STATES if turn % 2 == 0 else reversed(STATES):
            with batches(stack, user, served, dataset, STATES[state]):
                found[state].append(asked(client, SECONDS))
            print(f"{state}: {found[state][-1]}", flush=True)
    for loops in (False, True):
        for count in (0, 1):
            name = f"{'two loops' if loops else 'no loop'}, {count} batch"
            with busy(2 if loops else 0) as turns, batches(stack, user, served, dataset, count):
                before = sum(turns)
                found[name] = [asked(client, LOADED_SECONDS)]
                found[name][0]["loops"] = (sum(turns) - before) / LOADED_SECONDS
            print(f"{name}: {found[name][-1]}", flush=True)
    for state, rows in found.items():
        middle = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        print(f"{state}: " + ", ".join(f"{key} {value:,.1f}" for key, value in middle.items()))


def many_of(user: Any, files: list[bytes]) -> Any:
    """Return a dataset of `IMAGES` unlabelled images, of the contents of `files`."""
    dataset = factories.make_dataset(user=user, name="Many")
    factories.add_files(dataset, [(f"{n}.jpg", file, "") for n, file in enumerate(files)])
    first = list(dataset.images.all())
    Image.objects.bulk_create(
        Image(
            dataset=dataset, name=f"{number}.jpg", sha256=like.sha256, width=like.width,
            height=like.height, format=like.format, bytes=like.bytes,
        )
        for number in range(len(first), IMAGES)
        for like in [first[number % len(first)]]
    )  # fmt: skip
    return dataset


@contextmanager
def batches(stack: Any, user: Any, version: Any, dataset: Any, count: int) -> Iterator[None]:
    """Have so many batches at work, as far as the workers have places."""
    started = [start_on_dataset(user=user, version=version, dataset=dataset) for _ in range(count)]
    if started:
        wait_until(lambda: has_answers(started), 120, lambda: stack.log("io"))
    yield
    for batch in started:
        job = Job.objects.get(pk=batch.job_id)
        assert not job.is_terminal, "give it more images"
        cancel(user=user, job=job)
    ids = [batch.job_id for batch in started]
    wait_until(lambda: not Job.objects.filter(pk__in=ids).exclude(status__in=TERMINAL).exists(), 60)
    BatchResult.objects.all().delete()


def has_answers(started: list[BatchPrediction]) -> bool:
    return BatchResult.objects.filter(batch__in=started).exists()


def asked(client: Target, seconds: float) -> dict[str, float]:
    """Return milliseconds of single predictions, and images a second of the batches meanwhile."""
    before = BatchResult.objects.count()
    began = time.perf_counter()
    times = client.times(seconds)
    done = BatchResult.objects.count() - before
    return {
        "p50": round(statistics.median(times), 1),
        "p95": round(sorted(times)[int(len(times) * 0.95)], 1),
        "asked": len(times),
        "batch images a second": round(done / (time.perf_counter() - began), 1),
    }


@contextmanager
def busy(count: int) -> Iterator[Any]:
    """Keep so many processors busy; yield how often each has gone round."""
    turns = multiprocessing.Array("q", max(1, count), lock=False)
    loops = [multiprocessing.Process(target=spin, args=(turns, place)) for place in range(count)]
    for loop in loops:
        loop.start()
    yield turns
    for loop in loops:
        loop.kill()
        loop.join()


def spin(turns: Any, place: int) -> None:
    """Count for ever."""
    while True:
        sum(range(1000))
        turns[place] += 1
