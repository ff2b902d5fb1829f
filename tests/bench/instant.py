"""Seconds from a label to its suggestions, on the running platform; 10,000 CIFAR-10 images.

``python -m tests.bench.instant`` from the repository root; needs ../shared/data/cifar10.zip. The
images are embedded first (minutes), the worker of the queue `instant` runs as in production. Then

- 15 labels, one after the other as a person gives them; from the last one to the first suggestions;
- 1,000 labels at once, then 50 single ones, half a second apart; from the commit of each to
  the moment when the row holds a fit that knows of it. Median and p95 in wall seconds.
"""

import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp

import tests.servers

tests.servers.start()
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django  # noqa: E402

django.setup()

import numpy as np  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from classifier.embedding.services import BackboneEmbedder  # noqa: E402
from datasets.models import Dataset, Image, InstantModel  # noqa: E402
from datasets.services.intake.start_import import start_import  # noqa: E402
from datasets.services.labelling.annotate import annotate  # noqa: E402
from jobs.handlers import load_handlers  # noqa: E402
from jobs.models import Job  # noqa: E402
from tests import factories  # noqa: E402
from tests.bench.jobs_here import do_all  # noqa: E402
from tests.conftest import SHARED_DATA_DIR  # noqa: E402

CIFAR = SHARED_DATA_DIR / "cifar10.zip"
COUNT, LABELLED, SINGLE, FIRST = 10_000, 1_000, 50, 15
PATIENCE = 60


def archive() -> bytes:
    """A zip of 10,000 training images whose names end in their class, in no folder."""
    stream = BytesIO()
    with zipfile.ZipFile(CIFAR) as source, zipfile.ZipFile(stream, "w") as target:
        names = sorted(n for n in source.namelist() if "train/" in n and not n.endswith("/"))
        for number, name in enumerate(np.random.default_rng(0).permutation(names)[:COUNT]):
            target.writestr(f"{number:05d}-{name.split('/')[-2]}.jpg", source.read(str(name)))
    return stream.getvalue()


def worker(log: Path) -> subprocess.Popen:
    command = [
        *(sys.executable, "-m", "celery", "-A", "config.celery:app", "worker", "-Q", "instant"),
        *("--concurrency", "2", "--loglevel", "info", "-n", "instant@%h"),
    ]
    with log.open("w") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT)
    wait_for(lambda: " ready." in log.read_text())
    return process


def wait_for(condition: Callable[[], bool]) -> float:
    """Poll until it is true; return how many seconds that took."""
    start = time.perf_counter()
    while not condition():
        if time.perf_counter() - start > PATIENCE:
            sys.exit("It never came true.")
        time.sleep(0.005)
    return time.perf_counter() - start


def is_current(dataset: Dataset) -> bool:
    row = InstantModel.objects.without_arrays().get(dataset=dataset)
    return row.seen == row.wanted and bool(row.class_ids)


def label(dataset: Dataset, images: list[Image]) -> None:
    names = {image.pk: image.name.rpartition("-")[2].partition(".")[0] for image in images}
    annotate(user=dataset.created_by, dataset=dataset, class_names=names)


def main() -> None:
    if not CIFAR.exists():
        sys.exit(f"{CIFAR} is not there.")
    call_command("migrate", verbosity=0)
    settings.WEIGHTS_DIR = SHARED_DATA_DIR / "weights"
    load_handlers()
    dataset = factories.make_dataset(user=factories.make_user())
    start_import(
        user=dataset.created_by, dataset=dataset, archive=[archive()], archive_name="cifar.zip"
    )
    skip = ("check_quality", "compute_map", "fit_instant")
    do_all(skip=skip)
    BackboneEmbedder().start(user=dataset.created_by, dataset=dataset, asked=True)
    do_all(skip=skip)
    images = list(Image.objects.filter(dataset=dataset).order_by("name"))
    process = worker(Path(mkdtemp()) / "instant.log")
    try:
        for image in images[: FIRST - 1]:
            label(dataset, [image])
            time.sleep(0.3)
        wait_for(lambda: is_current(dataset))
        label(dataset, images[FIRST - 1 : FIRST])
        first = wait_for(lambda: is_current(dataset))
        label(dataset, images[FIRST:LABELLED])
        wait_for(lambda: is_current(dataset))
        seconds = []
        for image in images[LABELLED:][:SINGLE]:
            time.sleep(0.5)
            label(dataset, [image])
            seconds.append(wait_for(lambda: is_current(dataset)))
        wait_for(lambda: InstantModel.objects.get(dataset=dataset).accuracy is not None)
    finally:
        process.terminate()
        process.wait(30)
    row = InstantModel.objects.get(dataset=dataset)
    facts = {
        "first_s": round(first, 2), "median_s": round(float(np.median(seconds)), 2),
        "p95_s": round(float(np.percentile(seconds, 95)), 2), "accuracy": round(row.accuracy, 3),
        "embedding": row.embedding, "jobs": Job.objects.filter(kind="fit_instant").count(),
    }  # fmt: skip
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    try:
        main()
    finally:
        tests.servers.stop()
