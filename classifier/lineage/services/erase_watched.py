"""Take a forgotten image out of what people watched of trainings, epoch by epoch."""

import numpy as np

from classifier.models import EpochAnswers, TrainingRun
from datasets.models import Forgetting


def cut_watched(forgetting: Forgetting) -> None:
    """Cut the image out of the watched images of runs, and what each epoch answered to it."""
    runs = TrainingRun.objects.filter(
        watched__images__contains=[[forgetting.sha256]],
        dataset_version__dataset__in=forgetting.dataset_ids,
    )
    for run in runs.only("watched"):
        images = run.watched["images"]
        kept = np.array([content != forgetting.sha256 for content, _ in images], bool)
        for row in EpochAnswers.objects.filter(run=run.pk):
            row.predicted = _cut(row.predicted, kept)
            row.probability = _cut(row.probability, kept)
            row.save(update_fields=["predicted", "probability"])
        left = [image for image, stays in zip(images, kept.tolist(), strict=True) if stays]
        run.watched = {**run.watched, "images": left}
        run.save(update_fields=["watched"])


def _cut(column: bytes | memoryview, kept: np.ndarray) -> bytes:
    """Return a column of two bytes an image without those that go."""
    values = np.frombuffer(bytes(column), "<u2")
    return values[kept].tobytes() if len(values) == len(kept) else bytes(column)
