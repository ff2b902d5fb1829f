"""The numbers of an evaluation, from files and classes; runs on a worker."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from django.db.models import Q

from classifier.evaluation.services.store_report import Measurement
from classifier.evaluation.work.instant_baseline import instant_baseline
from datasets.decoding.pixels.store import PixelStore
from datasets.models import DatasetVersion, Sample, Split
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
    learned_from: DatasetVersion | None,
    also_learned: Sequence[str] = (),
    kept_unseen: bool = False,
    pixels: PixelStore,
    reading: Progress,
    progress: Progress,
) -> Measurement:
    """Measure the model file on the split's images.

    `learned_from` is what the model was trained on, None where that is not known, `also_learned`
    the contents that joined it by self-training; `kept_unseen`
    says that it learned from none of the images all the same. `reading` is told how many images
    were decoded, `progress` how many were answered.
    The dataset's classes are found among the model's by name. Raises `BadModelFile`,
    `UnreadableImage`, and whatever `reading` and `progress` raise to stop the work.
    """
    # ONNX Runtime and scikit-learn are for workers alone, as is everything that calls this.
    from classifier.engine.measure.answers import pack
    from classifier.engine.measure.evaluation import evaluate
    from classifier.engine.runtime.predictor import Predictor

    samples = samples_of(dataset_version, split)
    predictor = Predictor.load(model_path, expected_sha256)
    position = {name: index for index, name in enumerate(predictor.class_names)}
    truth = [position[dataset_version.class_names[index]] for _, index in samples]
    contents = [sha256 for sha256, _ in samples]
    rows = pixels.rows(contents, predictor.image_size, predictor.fit, reading)
    probabilities = predictor.predict_rows(rows, progress)
    report = evaluate(
        probabilities,
        truth,
        predictor.class_names,
        columns=sample_slices(dataset_version, split),
        seen_in_training=0
        if kept_unseen
        else _seen(dataset_version, split, learned_from, also_learned),
    )
    report = replace(report, instant=instant_baseline(dataset_version, split))
    digest = _samples_digest(samples, dataset_version.class_names)
    return Measurement(report, pack(probabilities, truth), digest, probabilities)


def _samples_digest(samples: list[tuple[str, int]], class_names: list[str]) -> str:
    digest = hashlib.sha256()
    for sha256, index in samples:
        digest.update(f"{sha256} {class_names[index]}\n".encode())
    return digest.hexdigest()


def _seen(
    version: DatasetVersion,
    split: Split,
    learned_from: DatasetVersion | None,
    also_learned: Sequence[str],
) -> int | None:
    if learned_from is None:
        return None
    learned = Sample.objects.filter(
        version=learned_from, split__in=(Split.TRAIN, Split.VALIDATION)
    ).values("sha256")
    asked = Sample.objects.filter(version=version, split=split)
    return asked.filter(Q(sha256__in=learned) | Q(sha256__in=also_learned)).count()
