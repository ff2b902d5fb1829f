"""The numbers of an evaluation, from files and classes; runs on a worker."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from datasets.models import DatasetVersion, Split
from datasets.selectors.slices import sample_slices
from datasets.selectors.versions import samples_of

Progress = Callable[[int, int], None]


def measure(
    *,
    model_path: Path,
    expected_sha256: str,
    dataset_version: DatasetVersion,
    split: Split,
    progress: Progress,
) -> dict[str, Any]:
    """Return the report of `classifier.engine.evaluation.evaluate` for the split's images.

    With `slices`, as `classifier.engine.slices.evaluate_slices` measures them.
    The dataset's classes are found among the model's by name. Raises `BadModelFile`, `BadData`,
    and whatever `progress` raises to stop the work.
    """
    # ONNX Runtime and scikit-learn are for workers alone, as is everything that calls this.
    from classifier.engine.evaluation import evaluate
    from classifier.engine.inference import Predictor
    from classifier.engine.slices import evaluate_slices

    samples = samples_of(dataset_version, split)
    predictor = Predictor.load(model_path, expected_sha256)
    position = {name: index for index, name in enumerate(predictor.class_names)}
    truth = [position[dataset_version.class_names[index]] for _, index in samples]
    probabilities = predictor.predict_batches([path for path, _ in samples], progress)
    columns = sample_slices(dataset_version, split)
    return {
        **evaluate(probabilities, truth, predictor.class_names),
        "slices": evaluate_slices(probabilities, truth, columns),
    }
