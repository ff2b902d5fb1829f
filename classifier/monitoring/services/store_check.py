"""Keep what a drift check has found, in the transaction that ends its job."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse_lazy

from classifier.engine.measure.drift_judgement import holm, judged
from classifier.models import DriftCheck, DriftFinding, DriftKind, DriftWatch, Judgement
from classifier.monitoring.selectors.reference import Reference
from classifier.monitoring.selectors.window import Answered
from common.sentences import listed
from webhooks.services.announce import announce

_GRAVITY = [Judgement.QUIET, Judgement.WATCH, Judgement.DRIFT]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What one test has measured, as in `DriftFinding`; `images` were in the window."""

    kind: DriftKind
    score: float
    p_value: float
    images: int
    usual: float | None = None
    bins: Sequence[dict[str, Any]] = field(default_factory=list)
    moved: Sequence[str] = field(default_factory=list)


def store_check(
    *,
    check: DriftCheck,
    reference: Reference,
    window: Answered,
    tests: Sequence[Comparison],
    missing: Sequence[str],
) -> DriftCheck:
    """Judge the tests together, and keep them with what they compared."""
    adjusted = holm([test.p_value for test in tests])
    for test, p_value in zip(tests, adjusted, strict=True):
        DriftFinding.objects.create(
            drift_check=check,
            kind=test.kind,
            score=test.score,
            usual=test.usual,
            p_value=test.p_value,
            adjusted=p_value,
            judgement=judged(p_value, check.level),
            images=test.images,
            bins=list(test.bins),
            moved=list(test.moved),
        )
    judgements = [Judgement(judged(p_value, check.level)) for p_value in adjusted]
    check.judgement = max(judgements, key=_GRAVITY.index)
    check.count, check.missing = len(window.ids), list(missing)
    check.first_at, check.last_at = window.first_at, window.last_at
    check.reference = reference.words[:300]
    check.reference_images = len(reference.answered.classes)
    check.save()
    if check.judgement == Judgement.DRIFT:
        _announce(check)
    if check.scheduled:
        watches = DriftWatch.objects.filter(organization=check.organization, model=check.model)
        watches.update(seen_until=check.created_at)
    return check


def _announce(check: DriftCheck) -> None:
    findings = check.findings.order_by("adjusted", "kind")
    found = [each for each in findings if each.judgement == Judgement.DRIFT]
    what = listed([each.get_kind_display().lower() for each in found])
    version = check.model_version
    announce(
        organization=check.organization,
        event="drift.found",
        subject={
            "type": "model",
            "id": str(check.model_id),
            "url": reverse_lazy("classifier:monitoring", args=[check.model_id]),
        },
        data={
            "version": version.number,
            "drift_check": str(check.pk),
            "predictions": check.count,
            "reference": check.reference,
            "findings": [
                {"kind": each.kind, "score": each.score, "p_value": each.adjusted} for each in found
            ],
        },
        text=f"The latest {check.count:,} predictions of {version} differ from {check.reference}: "
        f"{what}.",
    )
