"""A model that was really trained, once a run, and rows that point at it."""

import io

import pytest
from django.db import transaction
from PIL import Image as Picture

from classifier.models import ModelVersion, TrainingRun
from classifier.training.services.start_training import start_training
from tests import factories
from tests.classifier.trained import register


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
        return register(run, trained, tmp_path / str(run.pk), salt)

    return _make


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
