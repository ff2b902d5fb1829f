"""What predictions are compared with: the test images of a version, or predictions of a time.

The test split is the one that the network has neither learned from (it is surer of those images
than of any others) nor been chosen by, as it has by validation.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
from django.db.models import QuerySet

from accounts.models import Organization
from classifier.engine.errors import Unreadable
from classifier.engine.measure.answers import unpack
from classifier.engine.target import ImageAnswer
from classifier.models import (
    DriftWatch,
    EvaluationReport,
    ModelVersion,
    Prediction,
)
from classifier.models.report_answers import packed
from datasets.models import Split
from datasets.selectors.versions import samples_of

# Of more images as many are drawn.
MOST = 2_000
# A reference of fewer says too little.
LEAST = 50


@dataclass(frozen=True, kw_only=True)
class Answered:
    """Predictions, newest first, by what they say: top probabilities (n,), and the classes.

    `ids` are theirs, where they are predictions; `first_at` and `last_at` when they were made.
    """

    confidence: npt.NDArray[np.float64]
    classes: list[str]
    ids: list[str]
    first_at: datetime | None = None
    last_at: datetime | None = None

    @property
    def class_counts(self) -> Counter[str]:
        """How often each class was the answer."""
        return Counter(self.classes)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What a window is compared with; `words` say what it is.

    `contents` are hashes of test images, whose vectors can be told; None of predictions.
    """

    words: str
    answered: Answered
    contents: list[str] | None


@dataclass(frozen=True)
class NoReference:
    """Why there is nothing to compare with, and what to do."""

    detail: str


def reference_of(
    version: ModelVersion, organization: Organization, watch: DriftWatch
) -> Reference | NoReference:
    """Return what the organization's predictions of a version are compared with."""
    if watch.baseline is not None:
        return _predictions(version, organization, watch.baseline)
    if version.model.organization_id != organization.pk:
        whose = version.model.organization
        return NoReference(
            f"Its test images are {f'those of {whose}' if whose else 'not in this Loupe'}. Choose "
            "a time whose predictions count as usual."
        )
    return _test_images(version)


def _test_images(version: ModelVersion) -> Reference | NoReference:
    if version.dataset_version is None:
        return NoReference(
            "This version has no test images in Loupe. Choose a time whose predictions count as "
            "usual."
        )
    reports = EvaluationReport.objects.as_it_answers().filter(
        model_version=version,
        dataset_version=version.dataset_version,
        split=Split.TEST,
        answers__isnull=False,
    )
    report = reports.select_related("answers").order_by("-created_at").first()
    if report is None:
        return NoReference(
            f"{version} has no report on its test images with its answers. Evaluate it on the "
            "test split."
        )
    told = unpack(packed(report.answers))
    if len(told) < LEAST:
        return NoReference(
            f"{version} was tested on {len(told)} images; at least {LEAST} are needed. Freeze a "
            "version with more test images, or choose a time whose predictions count as usual."
        )
    contents = [sha256 for sha256, _ in samples_of(version.dataset_version, Split.TEST)]
    return Reference(
        words=f"the {len(told):,} test images of {version.dataset_version}",
        answered=Answered(
            confidence=np.array([share for _, share in told]),
            classes=[version.class_names[index] for index, _ in told],
            ids=[],
        ),
        contents=contents,
    )


def _predictions(
    version: ModelVersion, organization: Organization, baseline: dict[str, str]
) -> Reference | NoReference:
    start, end = (datetime.fromisoformat(baseline[name]) for name in ("from", "to"))
    rows = predictions_of(version, organization).filter(created_at__gte=start, created_at__lt=end)
    found = answered(rows, MOST)
    if len(found.classes) < LEAST:
        return NoReference(
            f"{version} gave {len(found.classes)} answers in the time that counts as usual; at "
            f"least {LEAST} are needed. Choose another time."
        )
    words = (
        f"{len(found.classes):,} predictions from {start:%-d %B %Y, %H:%M} to "
        f"{end:%-d %B %Y, %H:%M} UTC"
    )
    return Reference(words=words, answered=found, contents=None)


def predictions_of(version: ModelVersion, organization: Organization) -> QuerySet[Prediction]:
    """Return the organization's predictions of a version, each of one image."""
    return Prediction.objects.filter(
        model_version=version, organization=organization, images__isnull=True
    )


def answered(rows: QuerySet[Prediction], most: int) -> Answered:
    """Return what the newest of the rows say, up to `most`; those that cannot be read are left."""
    confidence, classes, ids, times = [], [], [], []
    found = rows.order_by("-created_at").values_list("pk", "created_at", "answer")[:most]
    for pk, at, stored in found:
        try:
            best = ImageAnswer.from_json(stored).classes[0]
        except (Unreadable, IndexError):
            continue
        confidence.append(best.probability)
        classes.append(best.class_name)
        ids.append(str(pk))
        times.append(at)
    return Answered(
        confidence=np.array(confidence),
        classes=classes,
        ids=ids,
        first_at=times[-1] if times else None,
        last_at=times[0] if times else None,
    )
