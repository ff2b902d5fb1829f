"""training-runs/{id}/tensorboard/: the curves, as TensorFlow itself reads them."""

import io
import zipfile

import numpy as np
import pytest

from classifier.engine.validation import ValidationAnswers
from classifier.models import EpochAnswers, EpochMetrics
from classifier.training.services.watched_images import keep_watched
from datasets.models import Split
from datasets.selectors.versions import samples_of
from tests import factories

KERAS_NAMES = {"epoch_loss", "epoch_accuracy"}


@pytest.fixture
def run(user):
    """A run with two epochs; the second was not validated."""
    run = factories.make_run(user, factories.make_version(user=user))
    for epoch, val_loss in ((1, 0.75), (2, None)):
        EpochMetrics.objects.create(
            run=run,
            epoch=epoch,
            loss=1.5 / epoch,
            accuracy=0.25 * epoch,
            val_loss=val_loss,
            val_accuracy=val_loss,
            learning_rate=0.125,
            seconds=10,
            images_per_second=64,
            memory_bytes=3 << 20,
        )
    keep_watched(run, samples_of(run.dataset_version, Split.VALIDATION), seed=0)
    images = run.watched["counts"][0]
    answers = ValidationAnswers(np.array([images, 0]), np.zeros(2), np.zeros(2))
    EpochAnswers.objects.create(run=run, epoch=1, **answers.pack())
    return run


def test_tensorflow_reads_the_curves(api, run, tmp_path):
    import tensorflow as tf

    answer = api.get(f"/api/v1/training-runs/{run.pk}/tensorboard/")
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"] == f'attachment; filename="tensorboard-{run.pk}.zip"'
    again = api.get(f"/api/v1/training-runs/{run.pk}/tensorboard/")
    assert again.content == answer.content
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path)
    begun = run.created_at.timestamp()
    found = {}
    for folder in ("train", "validation"):
        (path,) = (tmp_path / str(run.pk) / folder).iterdir()
        found[folder] = read(tf, str(path), begun)
    assert {tag for _, _, tag, _ in found["train"]} >= KERAS_NAMES
    assert [each for each in found["train"] if each[2] == "epoch_loss"] == [
        (1, 10, "epoch_loss", 1.5),
        (2, 20, "epoch_loss", 0.75),
    ]
    assert (2, 20, "epoch_learning_rate", 0.125) in found["train"]
    assert (2, 20, "epoch_images_per_second", 64) in found["train"]
    assert (1, 10, "epoch_memory_bytes", 3 << 20) in found["train"]
    assert found["validation"] == [
        (1, 10, "epoch_loss", 0.75),
        (1, 10, "epoch_accuracy", 0.75),
        (1, 10, "class_accuracy/cat", 1),
        (1, 10, "class_accuracy/dog", 0),
    ]


def read(tf, path: str, begun: float) -> list[tuple]:
    """Return (step, seconds since the start, tag, value) of a file whose sums are checked."""
    records = [each.numpy() for each in tf.data.TFRecordDataset(path)]
    events = [tf.compat.v1.Event.FromString(each) for each in records]
    assert events[0].file_version == "brain.Event:2"
    return [
        (event.step, round(event.wall_time - begun), value.tag, value.simple_value)
        for event in events[1:]
        for value in event.summary.value
    ]
