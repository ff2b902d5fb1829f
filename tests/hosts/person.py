"""A person who works with the installation by HTTP, and sees what became of it in Postgres."""

import io
import zipfile
from uuid import UUID

import numpy as np
from PIL import Image as Picture

from accounts.models import User
from accounts.services.tokens import create_token
from classifier.models import EpochMetrics, TrainingRun
from datasets.models import Dataset
from datasets.services.versions.freeze import freeze
from jobs.models import Job, JobAttempt
from loupe import Api
from tests import factories
from tests.conftest import wait_until

CLASSES = {"dark": 60, "light": 190}


class Person:
    """They have an account, a dataset and a token."""

    def __init__(self, url: str) -> None:
        self.user: User = factories.make_user()
        self.dataset: Dataset = factories.make_dataset(user=self.user, name="Light and dark")
        self.api = Api(url, _token(self.user), patience=30)

    def start_import(self, count: int, seed: int, *, pixels: int = 24) -> Job:
        """Send an archive of so many new pictures of each class, each so wide and high."""
        path = f"datasets/{self.dataset.pk}/imports/"
        files = {"archive": (f"{seed}.zip", _archive(count, seed, pixels))}
        return _job(self.api.post(path, starts_work=True, files=files))

    def start_training(self, epochs: int) -> Job:
        """Freeze the dataset and train a small network for so many epochs."""
        version = freeze(user=self.user, dataset=Dataset.objects.get(pk=self.dataset.pk))
        config = {
            "epochs": epochs,
            "batch_size": 8,
            "image_size": 16,
            "augmentation": "none",
            "early_stopping_patience": 0,
        }
        body = {"dataset_version": str(version.pk), "preset": "cnn_tiny", "config": config}
        return _job(self.api.post("training-runs/", body, starts_work=True))

    def predict(self, model: UUID) -> dict:
        """Ask a model about a light picture."""
        files = {"images": ("light.png", _picture(CLASSES["light"], 7))}
        return self.api.post(f"models/{model}/predict/", files=files)


def epochs_of(job: Job) -> int:
    """Return how many epochs of a training are done."""
    return EpochMetrics.objects.filter(run__job=job).count()


def version_of(job: Job):
    """Return the one model version of a training; raises where there is another number of them."""
    return TrainingRun.objects.get(job=job).model_version


def attempts_of(job: Job) -> list[JobAttempt]:
    """Return the attempts of a job, in order."""
    return list(JobAttempt.objects.filter(job=job).order_by("fence"))


def host_of(job: Job) -> str:
    """Return the name of the host whose worker has a job."""
    return attempts_of(job)[-1].worker.partition(":")[0]


def wait_for_end(job: Job, explain, seconds: float = 600) -> Job:
    """Return the job once it has ended."""

    def ended() -> bool:
        job.refresh_from_db()
        return job.is_terminal

    wait_until(ended, seconds, explain)
    return job


def _token(user: User) -> str:
    return create_token(user=user, name="hosts")[1]


def _job(answer: dict) -> Job:
    return Job.objects.get(pk=answer["job"]["id"])


def _archive(count: int, seed: int, pixels: int) -> bytes:
    stream, kind = io.BytesIO(), "png" if pixels == 24 else "jpg"
    with zipfile.ZipFile(stream, "w") as archive:
        for name, level in CLASSES.items():
            for number in range(count):
                picture = _picture(level, seed * 100_000 + number, pixels)
                archive.writestr(f"{name}/{seed}-{number}.{kind}", picture)
    return stream.getvalue()


def _picture(level: int, seed: int, pixels: int = 24) -> bytes:
    """Return a PNG; of more than 24 pixels a JPEG, as from a camera."""
    noise = np.random.default_rng(seed).integers(-40, 40, (24, 24, 3))
    picture, stream = Picture.fromarray((level + noise).astype(np.uint8)), io.BytesIO()
    if pixels == 24:
        picture.save(stream, "PNG")
    else:
        picture.resize((pixels, pixels)).save(stream, "JPEG", quality=85)
    return stream.getvalue()
