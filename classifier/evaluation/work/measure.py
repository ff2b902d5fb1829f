"""The numbers of an evaluation, from files and classes; runs on a worker."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from classifier.engine.measure.calibration import Temperature
from classifier.engine.runtime.views import rows_of
from classifier.engine.target import Scores
from classifier.evaluation.services.store_report import Measurement
from classifier.evaluation.work.instant_baseline import instant_baseline
from datasets.decoding.pixels.store import PixelStore
from datasets.models import DatasetVersion, Split
from datasets.selectors.fact_slices import fact_slices
from datasets.selectors.slices import sample_slices
from datasets.selectors.versions import samples_of

Progress = Callable[[int, int], None]
# What a job says while the images are decoded.
READING = "Reading the images"


def measure(
    *,
    model_path: Path,
    expected_sha256: str,
    dataset_version: DatasetVersion,
    split: Split,
    seen: int | None,
    class_mapping: Mapping[str, str] | None = None,
    temperature: Temperature | None = None,
    pixels: PixelStore,
    reading: Progress,
    progress: Progress,
) -> Measurement:
    """Measure the model file on the split's images.

    `seen` is how many of them it learned from, None where that is not known. `reading` is told how
    many images were decoded, `progress` how many were answered.
    The dataset's classes are found among the model's by name, or by the name that `class_mapping`
    gives them; `temperature` is the model's. Raises `BadModelFile`, `UnreadableImage`, and whatever
    `reading` and `progress` raise to stop the work.
    """
    # ONNX Runtime is for workers alone, as is everything that calls this.
    from classifier.engine.runtime.predictor import Predictor

    predictor = Predictor.load(model_path, expected_sha256)
    contents = [sha256 for sha256, _ in samples_of(dataset_version, split)]
    rows = rows_of(pixels, contents, predictor.views, reading)
    return measurement_of(
        dataset_version,
        split,
        predictor.class_names,
        predictor.predict_rows(rows, progress),
        seen,
        class_mapping=class_mapping,
        temperature=temperature,
    )


def true_classes(
    dataset_version: DatasetVersion,
    split: Split,
    class_names: Sequence[str],
    class_mapping: Mapping[str, str] | None = None,
) -> list[int]:
    """Return where in `class_names` the class of each image of the split is, by name."""
    position = {name: index for index, name in enumerate(class_names)}
    mapping = class_mapping or {}
    places = [position[mapping.get(name, name)] for name in dataset_version.class_names]
    return [places[index] for _, index in samples_of(dataset_version, split)]


def measurement_of(
    dataset_version: DatasetVersion,
    split: Split,
    class_names: Sequence[str],
    probabilities: Scores,
    seen: int | None,
    *,
    class_mapping: Mapping[str, str] | None = None,
    temperature: Temperature | None = None,
) -> Measurement:
    """Return what is stored of answers (n, classes) to the split's images; see `measure`."""
    # scikit-learn is for workers alone.
    from classifier.engine.measure.answers import pack
    from classifier.engine.measure.evaluation import evaluate_with_curves

    samples = samples_of(dataset_version, split)
    truth = true_classes(dataset_version, split, class_names, class_mapping)
    report, curves = evaluate_with_curves(
        probabilities,
        truth,
        class_names,
        columns=sample_slices(dataset_version, split),
        facts=fact_slices(dataset_version, split),
        seen_in_training=seen,
        temperature=temperature,
    )
    report = replace(
        report,
        instant=instant_baseline(dataset_version, split),
        class_mapping=dict(class_mapping or {}),
    )
    digest = _samples_digest(samples, dataset_version.class_names)
    return Measurement(report, pack(probabilities, truth), digest, probabilities, curves)


def _samples_digest(samples: list[tuple[str, int]], class_names: list[str]) -> str:
    digest = hashlib.sha256()
    for sha256, index in samples:
        digest.update(f"{sha256} {class_names[index]}\n".encode())
    return digest.hexdigest()
