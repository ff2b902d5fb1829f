"""Run an exported file beside the served one."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.engine import target
from classifier.engine.files import compressed_bytes
from classifier.engine.formats.exports import ExportFormat
from classifier.engine.measure.export_parity import ExportParity
from classifier.engine.measure.flips import flips
from classifier.engine.runtime.views import rows_of, shape_of
from classifier.engine.target import Scores
from classifier.evaluation.selectors.seen import seen_by
from classifier.models import ModelVersion
from classifier.registry.selectors.exports import Measuring
from datasets.decoding.pixels.store import PixelStore
from datasets.selectors.versions import samples_of
from jobs.handlers import JobContext, JobFailed

_BATCH = 32
# So many are timed, one by one.
_TIMED = 12


class _Asked(NamedTuple):
    served: Scores
    exported: Scores
    latency_ms: float


def measured(
    context: JobContext,
    version: ModelVersion,
    on: Measuring,
    pixels: PixelStore,
    format: ExportFormat,
    path: Path,
) -> ExportParity:
    """Return how the file at `path` answers, run as a file in a process of its own.

    Its writer knows how its numbers were chosen.

    Raises BadModelFile for a served file that is not the one that was registered, JobFailed where
    no image is left.
    """
    contents, labels = _labelled(on, version.class_names)
    found = _asked(context, version, pixels, path, contents)
    right = [
        float(np.mean(target.decide(each) == labels)) for each in (found.exported, found.served)
    ]
    compared = flips(found.exported, found.served)
    return ExportParity(
        images=compared.images,
        split=on.split.label,
        accuracy=right[0],
        accuracy_change=right[0] - right[1],
        flipped=compared.flipped,
        largest_difference=compared.largest_difference,
        latency_ms=found.latency_ms,
        tolerance=format.tolerance,
        compressed_bytes=compressed_bytes(path),
        calibrated_on=0,
        sparsity=0.0,
        seen_in_training=seen_by(version, on.images, on.split),
    )


def _labelled(on: Measuring, class_names: list[str]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return the contents that are measured on, and the model's index of each one's class."""
    samples = samples_of(on.images, on.split)
    if not samples:
        raise JobFailed("bad_data", f"No {on.split.label} image of {on.images} is left.")
    places = {name: index for index, name in enumerate(class_names)}
    order = [places.get(name, -1) for name in on.images.class_names]
    labels = np.array([order[index] for _, index in samples], np.int64)
    return [content for content, _ in samples], labels


def _asked(
    context: JobContext,
    version: ModelVersion,
    pixels: PixelStore,
    path: Path,
    contents: list[str],
) -> _Asked:
    # ONNX Runtime is for this process alone.
    from classifier.engine.formats.file_process import FileProcess
    from classifier.engine.runtime.predictor import Predictor

    served = Predictor.load(version.served_path, (version.served_file or {})["sha256"])
    rows = rows_of(pixels, contents, served.views, context.step("images", "Reading the images"))
    step = context.step("images", f"Asking {path.name} and the served file")
    answers: list[tuple[Scores, Scores]] = []
    done = 0
    shape, classes = shape_of(served.views), len(served.class_names)
    with FileProcess(path, shape, classes) as file:
        for batch in rows.batches(np.arange(len(rows)), _BATCH):
            answers.append((served.predict(batch), file.predict(batch)))
            done += len(batch)
            step(done, len(rows))
    first = next(rows.batches(np.arange(min(_TIMED, len(rows))), _TIMED))
    with FileProcess(path, shape, classes, one_core=True) as file:
        latency_ms = file.milliseconds(first)
    ours, theirs = (np.concatenate(part) for part in zip(*answers, strict=True))
    return _Asked(ours, theirs, latency_ms)
