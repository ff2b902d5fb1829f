"""What predictions are compared with: the test images of a version, or predictions of a time.

The test split is the one that the network has neither learned from (it is surer of those images
than of any others) nor been chosen by, as it has by validation.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from accounts.models import Organization
from classifier.engine.measure.answers import unpack
from classifier.models import (
    DriftWatch,
    EvaluationReport,
    ModelVersion,
)
from classifier.models.report_answers import packed
from classifier.monitoring.selectors.window import Answered, drawn, predictions_of
from datasets.models import Split
from datasets.selectors.versions import samples_of

# Of more images as many are drawn.
MOST = 2_000
# A reference of fewer says too little.
LEAST = 50


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
    own = version.model.organization_id == organization.pk
    if watch.baseline is not None:
        found = _predictions(version, organization, watch.baseline)
        # A version that went live since then has its test images.
        instead = _test_images(version) if own and isinstance(found, NoReference) else found
        return instead if isinstance(instead, Reference) else found
    if not own:
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
    found = drawn(rows, MOST)
    if len(found.classes) < LEAST:
        return NoReference(
            f"{version} gave {len(found.classes)} answers in the time that counts as usual; at "
            f"least {LEAST} are needed. Choose another time."
        )
    words = (
        f"{len(found.classes):,} predictions, drawn from {start:%-d %B %Y, %H:%M} to "
        f"{end:%-d %B %Y, %H:%M} UTC"
    )
    return Reference(words=words, answered=found, contents=None)


def why_not_looked(version: ModelVersion, organization: Organization, watch: DriftWatch) -> str:
    """Return why no scheduled look at a live version will come, in a sentence; empty where it may.

    It also needs as many new predictions as a window has.
    """
    if not watch.enabled:
        return "Scheduled checks are switched off."
    reference = reference_of(version, organization, watch)
    return reference.detail if isinstance(reference, NoReference) else ""
