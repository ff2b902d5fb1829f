"""The numbers of an evaluation, from files and classes; runs on a worker."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from classifier.engine.measure.calibration import Temperature
from classifier.engine.measure.class_mapping import ClassMapping, OtherClasses, class_mapping
from classifier.engine.runtime.views import rows_of
from classifier.engine.target import Scores
from classifier.evaluation.services.store_report import Measurement
from classifier.evaluation.work.instant_baseline import instant_baseline
from classifier.models import EvaluationReport
from classifier.models.report_answers import samples_digest
from datasets.decoding.pixels.store import PixelStore
from datasets.models import DatasetVersion, Split
from datasets.selectors.slices import sample_slices
from datasets.selectors.subgroups import named_fact_slices
from datasets.selectors.versions import samples_of

Progress = Callable[[int, int], None]
# What a job says while the images are decoded.
READING = "Reading the images"


class Mapped(NamedTuple):
    """Which classes of a model a dataset's are, as a person said; see `class_mapping`."""

    given: Mapping[str, Sequence[str]] = {}
    other_classes: OtherClasses = "wrong"

    def onto(self, asked: Sequence[str], known: Sequence[str]) -> ClassMapping:
        """Return what a model's answers of the classes `known` become."""
        return class_mapping(asked, known, self.given, self.other_classes)


PLAIN = Mapped()


def mapping_of(report: EvaluationReport) -> Mapped:
    """Return how a report was asked to map classes."""
    others: OtherClasses = "left_out" if report.other_classes == "left_out" else "wrong"
    return Mapped(report.class_mapping, others)


def measure(
    *,
    model_path: Path,
    expected_sha256: str,
    dataset_version: DatasetVersion,
    split: Split,
    seen: int | None,
    mapping: Mapped = PLAIN,
    temperature: Temperature | None = None,
    pixels: PixelStore,
    reading: Progress,
    progress: Progress,
) -> Measurement:
    """Measure the model file on the split's images.

    `seen` is how many of them it learned from, None where that is not known. `reading` is told how
    many images were decoded, `progress` how many were answered.
    The dataset's classes are found among the model's by name, or as `mapping` says; `temperature`
    is the model's. Raises `BadModelFile`, `UnreadableImage`, and whatever
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
        mapping=mapping,
        temperature=temperature,
    )


def true_classes(
    dataset_version: DatasetVersion, split: Split, class_names: Sequence[str]
) -> list[int]:
    """Return where in `class_names` the class of each image of the split is, by name."""
    places = class_mapping(dataset_version.class_names, class_names, {}).places
    return [places[index] for _, index in samples_of(dataset_version, split)]


def measurement_of(
    dataset_version: DatasetVersion,
    split: Split,
    class_names: Sequence[str],
    probabilities: Scores,
    seen: int | None,
    *,
    mapping: Mapped = PLAIN,
    temperature: Temperature | None = None,
) -> Measurement:
    """Return what is stored of answers (n, classes) to the split's images; see `measure`."""
    # scikit-learn is for workers alone.
    from classifier.engine.measure.answers import pack
    from classifier.engine.measure.evaluation import evaluate_with_curves

    mapped = mapping.onto(dataset_version.class_names, class_names)
    probabilities = mapped.applied(probabilities)
    samples = samples_of(dataset_version, split)
    truth = [mapped.places[index] for _, index in samples]
    report, curves = evaluate_with_curves(
        probabilities,
        truth,
        mapped.names,
        columns=sample_slices(dataset_version, split),
        facts=named_fact_slices(dataset_version, split),
        seen_in_training=seen,
        # It divides logits, and a sum of classes has none.
        temperature=temperature if mapped.renames_alone else None,
    )
    report = replace(report, instant=instant_baseline(dataset_version, split))
    digest = samples_digest(samples, dataset_version.class_names)
    return Measurement(report, pack(probabilities, truth), digest, probabilities, curves)
