"""The temperature of a model version, from the validation images that it did not learn from."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classifier.engine.measure.calibration import Temperature, fitted_temperature
from classifier.engine.runtime.views import rows_of
from classifier.engine.target import Scores
from classifier.evaluation.work.asked_file import AskedFile
from classifier.models import ModelVersion, VersionCalibration
from datasets.decoding.pixels.store import PixelStore
from datasets.models import DatasetVersion, Split
from datasets.selectors.versions import samples_of
from jobs.handlers import JobContext

# One number is fitted: more images change its third digit.
MOST = 2_000
ASKING = "Asking about validation images"


def temperature_of_version(version: ModelVersion, file: AskedFile) -> Temperature | None:
    """Return the version's temperature: the one that is kept, else one that is fitted now.

    None where it has no validation images of its own.
    """
    kept = VersionCalibration.objects.filter(model_version=version).first()
    if kept is not None:
        return Temperature(value=kept.temperature, images=kept.images)
    if version.dataset_version is None:
        return None
    samples = samples_of(version.dataset_version, Split.VALIDATION, first=MOST)
    if not samples:
        return None
    answers = file.answers([sha256 for sha256, _ in samples], ASKING)
    return fitted(answers, [index for _, index in samples])


def fitted_on_pixels(
    context: JobContext,
    model_path: Path,
    expected_sha256: str,
    dataset_version: DatasetVersion,
    pixels: PixelStore,
) -> Temperature | None:
    """Ask the model file about up to 2,000 validation images of the version that it learned from.

    Those that can no longer be read are left out. None where there are none. Raises `BadModelFile`,
    and as the context does.
    """
    from classifier.engine.runtime.predictor import Predictor

    samples = samples_of(dataset_version, Split.VALIDATION, first=MOST)
    predictor = Predictor.load(model_path, expected_sha256)
    reading = context.step("images", "Reading the validation images")
    faults: dict[str, str] = {}
    for view in predictor.views:
        faults |= pixels.unreadable([each for each, _ in samples], view.size, view.fit, reading)
    samples = [each for each in samples if each[0] not in faults]
    if not samples:
        return None
    contents = [sha256 for sha256, _ in samples]
    rows = rows_of(pixels, contents, predictor.views, reading)
    answers = predictor.predict_rows(rows, context.step("images", ASKING))
    return fitted(answers, [index for _, index in samples])


def fitted(probabilities: Scores, labels: Sequence[int]) -> Temperature | None:
    """Return the temperature that suits probabilities (n, classes); None of no images."""
    if not len(labels):
        return None
    value = fitted_temperature(probabilities, np.asarray(labels, np.int64))
    return Temperature(value=value, images=len(labels))
