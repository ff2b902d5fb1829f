"""A model that was really trained, once a run, and rows that point at it."""

import io
import json
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from django.db import transaction
from filelock import FileLock
from PIL import Image as Picture

from classifier.engine.outcome import TrainingOutcome
from classifier.models import ModelVersion, TrainingRun
from classifier.registry.services.register import register_version
from classifier.training.services.start_training import start_training
from common.hashing import sha256_file
from jobs.models import Job, Status
from tests import factories
from tests.classifier import forked

TRAIN_TINY_MODEL = "tests.classifier.training.train_tiny_model:train_into"


@dataclass(frozen=True)
class Trained:
    """Files of a cnn_tiny that tells red, green and blue squares apart, and their facts."""

    folder: Path
    outcome: TrainingOutcome

    @property
    def onnx(self) -> Path:
        return self.folder / "model.onnx"

    @property
    def sha256(self) -> str:
        return self.outcome.files["model.onnx"]["sha256"]


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Trained:
    """What the first of the streams that needs it has trained."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "trained"
    with FileLock(f"{folder}.lock"):
        if not (folder / "outcome.json").exists():
            folder.mkdir(exist_ok=True)
            forked.run(TRAIN_TINY_MODEL, str(folder), log=folder / "log.txt")
    return Trained(folder, TrainingOutcome(**json.loads((folder / "outcome.json").read_text())))


def square(color: tuple[int, int, int], kind: str = "PNG") -> bytes:
    """An image file of one colour."""
    stream = io.BytesIO()
    Picture.new("RGB", (24, 24), color).save(stream, kind)
    return stream.getvalue()


RED, GREEN, BLUE = square((220, 30, 30)), square((30, 200, 30)), square((30, 30, 220))


@pytest.fixture
def make_run(db):
    """Queue a run on a version of two classes: `make_run(user)`."""

    def _make_run(user, version=None, **options) -> TrainingRun:
        version = version or factories.make_version(user=user)
        return start_training(
            user=user, dataset_version=version, preset=options.pop("preset", "cnn_tiny"), **options
        )

    return _make_run


@pytest.fixture
def make_model_version(make_run, trained, tmp_path):
    """A registered version of colours with its files: `make_model_version(user)`."""

    @transaction.atomic
    def _make(user, model=None, version=None, salt: bytes = b"") -> ModelVersion:
        version = version or factories.make_version(
            user=user, classes=("blue", "green", "red"), per_class=10
        )
        run = make_run(user, version=version, model=model)
        folder = tmp_path / str(run.pk)
        folder.mkdir()
        outcome = trained.outcome
        for name in outcome.files:
            shutil.copy(trained.folder / name, folder / name)
        if salt:
            # The same network with a `doc_string` (field 6), so with another hash.
            served = folder / "model.onnx"
            content = served.read_bytes() + b"\x32" + bytes([len(salt)]) + salt
            served.write_bytes(content)
            facts = {"sha256": sha256_file(served), "bytes": len(content)}
            outcome = replace(outcome, files={**outcome.files, "model.onnx": facts})
        registered = register_version(run=run, outcome=outcome, files_dir=folder)
        if registered.number == 1:
            # These are no judge of the gate, whose tests stand beside it: the first is live.
            factories.make_live(registered)
        end_job(run.job)
        return registered

    return _make


def end_job(job: Job) -> None:
    """Move a job to succeeded the way it goes, before any worker hears of it."""
    for status in (Status.QUEUED, Status.RUNNING, Status.SUCCEEDED):
        fence = 0 if status == Status.QUEUED else 1
        Job.objects.filter(pk=job.pk).update(status=status, fence=fence)


COLORS = {"blue": (30, 30, 220), "red": (220, 30, 30)}


def make_colors(user, per_class: int = 40):
    """A dataset that cnn_tiny can learn: squares of two colours, a little different each."""
    dataset = factories.make_dataset(user=user, name="Colours")
    files = []
    for name, color in COLORS.items():
        for number in range(per_class):
            stream = io.BytesIO()
            tint = tuple(max(0, part - number % 30) for part in color)
            Picture.new("RGB", (16 + number // 30, 16), tint).save(stream, "PNG")
            files.append((f"{name}-{number}.png", stream.getvalue(), name))
    factories.add_files(dataset, files)
    return dataset
