"""A run's curves as TensorBoard reads them."""

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from classifier.models import EpochMetrics, TrainingRun
from classifier.training.selectors.answers import answered_epochs, class_accuracies
from classifier.training.selectors.runs import epochs_of

if TYPE_CHECKING:
    from tensorboardX.proto.event_pb2 import Event

# As Keras's own callback names curves and folders, so that runs of both lie over each other.
CURVES = {
    "train": {
        "epoch_loss": "loss",
        "epoch_accuracy": "accuracy",
        "epoch_learning_rate": "learning_rate",
        "epoch_images_per_second": "images_per_second",
        "epoch_memory_bytes": "memory_bytes",
        "epoch_gpu_memory_bytes": "gpu_memory_bytes",
    },
    "validation": {"epoch_loss": "val_loss", "epoch_accuracy": "val_accuracy"},
}
# A curve for each of a thousand classes would drown all others; `classes/` has them.
_MOST_CLASSES = 50
# The earliest date that a zip can hold: the same curves give the same bytes.
_NO_DATE = (1980, 1, 1, 0, 0, 0)


def event_files(run: TrainingRun) -> bytes:
    """Return a zip of `<run>/train/` and `<run>/validation/`, each with one event file.

    An epoch's step is its number, its time the run's start and the seconds of the epochs so far.
    """
    epochs = epochs_of(run)
    of_classes = {"train": {}, "validation": _class_values(run)}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive, TemporaryDirectory() as at:
        for folder, curves in CURVES.items():
            path = Path(at) / folder
            begun = run.created_at.timestamp()
            _write(path, _events(epochs, curves, of_classes[folder], begun))
            name = f"{run.pk}/{folder}/events.out.tfevents.{int(run.created_at.timestamp())}.loupe"
            archive.writestr(zipfile.ZipInfo(name, _NO_DATE), path.read_bytes())
    return content.getvalue()


def _class_values(run: TrainingRun) -> dict[int, dict[str, float | None]]:
    """Return the accuracy of each class by tag, by epoch; none of more than 50 classes."""
    if not 0 < len(run.dataset_version.class_names) <= _MOST_CLASSES:
        return {}
    answered = answered_epochs(run)
    if not answered:
        return {}
    found = class_accuracies(run, answered[-1], answered)
    return {
        epoch: {f"class_accuracy/{each.class_name}": each.history[place] for each in found}
        for place, epoch in enumerate(answered)
    }


def _events(
    epochs: Iterable[EpochMetrics],
    curves: dict[str, str],
    of_classes: dict[int, dict[str, float | None]],
    begun: float,
) -> Iterable["Event"]:
    # It brings the libraries of buckets: half a second, which no web server's start should take.
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.proto.summary_pb2 import Summary

    yield Event(wall_time=begun, file_version="brain.Event:2")
    for each in epochs:
        begun += each.seconds
        known = {tag: getattr(each, field) for tag, field in curves.items()}
        known |= of_classes.get(each.epoch, {})
        values = [
            Summary.Value(tag=tag, simple_value=value)
            for tag, value in known.items()
            if value is not None
        ]
        if values:
            yield Event(wall_time=begun, step=each.epoch, summary=Summary(value=values))


def _write(path: Path, events: Iterable["Event"]) -> None:
    from tensorboardX.record_writer import RecordWriter

    writer = RecordWriter(str(path))
    for event in events:
        writer.write(event.SerializeToString())
    writer.flush()
    writer.close()
