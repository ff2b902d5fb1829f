"""What a person waits for, with and without background work on the same machine.

    .venv/bin/python -m pytest tests/bench/background.py -s

Starts the platform, imports CIFAR-10 (60,000 images; LOUPE_BENCH_IMAGES for fewer) and takes turns
(LOUPE_BENCH_TURNS):
trainings of cnn_tiny and one prediction client, while nothing else runs and while the images are
being embedded by themselves. Prints seconds an epoch and the client's tail, and their ratios
(target: 1.15). Needs `../shared/data`.
"""

import os
import statistics
import time
import zipfile
from itertools import cycle
from pathlib import Path

import psutil
import pytest
import requests

from accounts.models import APIToken
from classifier.embedding.services import BackboneEmbedder
from classifier.models import ModelVersion, TrainingRun
from classifier.training.services.start_training import start_training
from datasets.models import Dataset, DatasetVersion
from datasets.services.intake.start_import import start_import
from datasets.services.versions.freeze import freeze
from jobs.models import Job, Status
from jobs.services.cancel import cancel
from tests import factories
from tests.conftest import SHARED_DATA_DIR, wait_until
from tests.servers import REPOSITORY_DIR

os.environ.setdefault("LOUPE_WEIGHTS_DIR", str(REPOSITORY_DIR.parent / "shared/data/weights"))

IMAGES = int(os.environ.get("LOUPE_BENCH_IMAGES", "60000"))
TURNS = int(os.environ.get("LOUPE_BENCH_TURNS", "3"))
EPOCHS = 4
WARM_UP, ASKED = 20, 300
PATIENCE = 3600
TARGET = 1.15
pytestmark = pytest.mark.timeout(4 * PATIENCE)


class Client:
    """One connection that asks about one image at a time."""

    def __init__(self, url: str, secret: str, images: list[bytes]) -> None:
        self.url = url
        self.images = cycle(images)
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {secret}"

    def ask(self, count: int) -> list[float]:
        """The milliseconds of so many requests, one after another."""
        return [self._once() for _ in range(count)]

    def _once(self) -> float:
        started = time.perf_counter()
        files = {"images": ("image.jpg", next(self.images))}
        answer = self.session.post(self.url, files=files, timeout=30)
        assert answer.status_code == 200, answer.text
        return (time.perf_counter() - started) * 1000


@pytest.fixture
def archive(shared_data, tmp_path) -> Path:
    """Every n-th file of CIFAR-10, so that there are about IMAGES."""
    path = tmp_path / "cifar.zip"
    with zipfile.ZipFile(SHARED_DATA_DIR / "cifar10.zip") as whole, zipfile.ZipFile(path, "w") as z:
        files = [info for info in whole.infolist() if not info.is_dir()]
        for info in files[:: max(1, len(files) // IMAGES)]:
            z.writestr(info.filename, whole.read(info))
    return path


def test_background_work_yields(stack, user, archive):
    dataset = imported(stack, user, archive)
    version = freeze(user=user, dataset=dataset, strategy="folder")
    first = trained(stack, user, version)
    factories.make_live(ModelVersion.objects.get(model_id=first.model_id))
    client = asking(stack, user, first, archive)
    client.ask(WARM_UP)
    epochs: dict[str, list[float]] = {"off": [], "on": []}
    tails: dict[str, list[float]] = {"off": [], "on": []}
    shares = []
    for turn in range(TURNS):
        for state in ("off", "on") if turn % 2 == 0 else ("on", "off"):
            job = embedding(stack, user, dataset) if state == "on" else None
            before = cpu_of(stack, "io")
            run = trained(stack, user, version)
            # The first epoch compiles.
            seconds = [each.seconds for each in run.epochs.all()][1:]
            epochs[state].append(statistics.median(seconds))
            if job:
                shares.append((cpu_of(stack, "io") - before) / sum(seconds))
            tails[state].append(tail(client))
            if job:
                stop(stack, user, job)
    print(f"\n{dataset.images.count()} images, medians of {TURNS} turns")
    for title, values in (("s an epoch", epochs), ("ms, p99 of a prediction", tails)):
        off, on = (statistics.median(values[state]) for state in ("off", "on"))
        ratio = on / off
        print(f"{title}: off {off:.2f}, on {on:.2f}, ratio {ratio:.2f} (target {TARGET}); {values}")
    print(f"processors that the io worker took beside trainings: {statistics.median(shares):.2f}")


def imported(stack, user, archive: Path) -> Dataset:
    """A dataset with the archive's images, once the checks after the import are over."""
    dataset = factories.make_dataset(user=user, name="CIFAR-10")
    start_import(
        user=user, dataset=dataset, archive=iter([archive.read_bytes()]), archive_name=archive.name
    )
    wait_until(
        lambda: not Job.objects.exclude(status__in=ENDED).exists(),
        PATIENCE,
        lambda: stack.log("io"),
    )
    return dataset


ENDED = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)


def trained(stack, user, version: DatasetVersion) -> TrainingRun:
    """A run of EPOCHS epochs, done."""
    run = start_training(
        user=user, dataset_version=version, preset="cnn_tiny", config={"epochs": EPOCHS}
    )
    wait_until(lambda: ended(run.job), PATIENCE, lambda: stack.log("train"))
    assert run.job.status == Status.SUCCEEDED, run.job.error
    run.refresh_from_db()
    return run


def ended(job: Job) -> bool:
    job.refresh_from_db()
    return job.is_terminal


def asking(stack, user, run: TrainingRun, archive: Path) -> Client:
    """A client that asks the run's model about images of the archive."""
    with zipfile.ZipFile(archive) as files:
        images = [files.read(name) for name in files.namelist()[:200]]
    secret = APIToken.objects.create(user, name="bench", scopes=["predict"])[1]
    return Client(f"{stack.url}/api/v1/models/{run.model_id}/predict/", secret, images)


def tail(client: Client) -> float:
    """The 99th of a hundred answers, in milliseconds."""
    times = sorted(client.ask(ASKED))
    return times[int(len(times) * 0.99)]


def embedding(stack, user, dataset: Dataset) -> Job:
    """The job that embeds the images by itself, at work."""
    job = BackboneEmbedder().start(user=user, dataset=dataset, asked=False)

    def embeds() -> bool:
        job.refresh_from_db()
        assert not job.is_terminal, job.error
        return bool(job.full_progress["done"])

    wait_until(embeds, PATIENCE, lambda: stack.log("io"))
    return job


def stop(stack, user, job: Job) -> None:
    """End the embedding."""
    if not ended(job):
        cancel(user=user, job=job)
        wait_until(lambda: ended(job), 60, lambda: stack.log("io"))
    else:
        print("the embedding was over before the turn; give it more images")


def cpu_of(stack, name: str) -> float:
    """Processor seconds so far of a worker and all below it that are alive."""
    worker = psutil.Process(stack.processes[name].pid)
    family = [worker, *worker.children(recursive=True)]
    return sum(sum(process.cpu_times()[:2]) for process in family)
