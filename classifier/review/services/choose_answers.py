"""Which answers are doubtful: of predictions whose image is kept, and of a batch.

By their decision: those that are for review, and those about something unknown. Where there was no
decision, those whose most probable class is below a confidence that a person names; none where they
name none.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from classifier.engine.measure.decision import REVIEW, UNKNOWN
from classifier.engine.measure.uncertainty import uncertainty_of_answer
from classifier.models import BatchResult, KeptPrediction, ModelVersion, ReviewSelection
from classifier.review.limits import MOST_OPEN
from classifier.review.services.chosen import Choice, Chosen

_AT_ONCE = 2_000


def doubtful_predictions(selection: ReviewSelection) -> Choice:
    """Return the doubtful kept predictions of a model, of the selection's organization.

    Without those that people gave feedback on, and those about several images of one thing.
    """
    rows = KeptPrediction.objects.filter(
        organization=selection.organization_id,
        model_version__model=selection.model_id,
        expires_at__gt=timezone.now(),
        deleted_at=None,
        prediction__feedback=None,
    )
    asked, undecided = _doubtful(rows, "confidence", selection.confidence)
    temperatures = _Temperatures()
    chosen, several = [], 0
    beyond = max(0, asked.count() - MOST_OPEN)
    asked = asked.order_by("confidence", "pk")[:MOST_OPEN]
    for row in asked.select_related("prediction").iterator(_AT_ONCE):
        if len(row.images) > 1:
            several += 1
            continue
        top = _top([vars(each) for each in row.prediction.classes])
        chosen.append(
            Chosen(
                row.pk,
                uncertainty_of_answer(
                    [each["probability"] for each in top], temperatures.of(row.model_version_id)
                ),
                top,
                decision=row.decision,
            )
        )
    return Choice(chosen, {"several": several, "undecided": undecided}, beyond)


def doubtful_results(selection: ReviewSelection) -> Choice:
    """Return the doubtful answers of a batch whose image is still there."""
    rows = BatchResult.objects.filter(batch=selection.batch_id, code="")
    rows = rows.filter(Q(file__isnull=False) | Q(image__deleted_at=None, image__isnull=False))
    asked, undecided = _doubtful(rows, "probability", selection.confidence)
    temperature = _Temperatures().of(selection.batch.model_version_id)  # type: ignore[union-attr]
    chosen = []
    beyond = max(0, asked.count() - MOST_OPEN)
    asked = asked.select_related("image__dataset").order_by("probability", "pk")[:MOST_OPEN]
    for row in asked.iterator(_AT_ONCE):
        top = _top(row.classes)
        uncertainty = uncertainty_of_answer([each["probability"] for each in top], temperature)
        image = row.image
        own = image is not None and image.dataset.organization_id == selection.organization_id
        chosen.append(
            Chosen(
                row.pk,
                uncertainty,
                top,
                decision=row.decision,
                given_class_id=image.class_label_id if image is not None and own else None,
            )
        )
    return Choice(chosen, {"undecided": undecided}, beyond)


def _doubtful(
    rows: QuerySet[Any], column: str, confidence: float | None
) -> tuple[QuerySet[Any], int]:
    """Return the doubtful rows, and how many have no decision and cannot be told for that."""
    by_decision = Q(decision__in=[REVIEW, UNKNOWN])
    if confidence is None:
        return rows.filter(by_decision), rows.filter(decision="").count()
    below = Q(**{"decision": "", f"{column}__lt": confidence})
    return rows.filter(by_decision | below), 0


def _top(classes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"class_name": each["class_name"], "probability": round(each["probability"], 4)}
        for each in classes
    ]


class _Temperatures:
    """The temperature of versions, 1 where none was measured."""

    def __init__(self) -> None:
        self._known: dict[Any, float] = {}

    def of(self, version_id: Any) -> float:
        """Return that of one version."""
        if version_id not in self._known:
            rows = ModelVersion.objects.filter(pk=version_id)
            found = rows.values_list("calibration__temperature", flat=True).first()
            self._known[version_id] = found or 1.0
        return self._known[version_id]
