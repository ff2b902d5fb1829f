"""Compare an organization's latest predictions of a version with its reference."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from classifier.engine.measure.stability import (
    binned,
    class_counts,
    confidence_edges,
    stability,
)
from classifier.engine.measure.two_sample import two_sample
from classifier.failures import engine_failures
from classifier.models import DriftCheck, DriftKind
from classifier.monitoring import kinds
from classifier.monitoring.selectors.drift import watch_of
from classifier.monitoring.selectors.reference import (
    LEAST,
    NoReference,
    Reference,
    reference_of,
)
from classifier.monitoring.selectors.window import Answered, drawn, newest, window_rows
from classifier.monitoring.services.store_check import Comparison, store_check
from classifier.monitoring.work.image_vectors import ImageVectors, Lacking
from jobs.handlers import JobContext, JobFailed, handles

# As many of the images that moved most are named.
_MOVED = 12


@handles(kinds.CHECK_DRIFT)
def check_drift(context: JobContext) -> None:
    """Test confidence and class mix, and the images' vectors where images are kept."""
    check = DriftCheck.objects.select_related(
        "organization", "model__organization", "model_version__model__organization"
    ).get(job=context.job)
    context.progress(0, None, "predictions", "Reading the predictions")
    reference, window = _compared(check)
    seed = check.pk.int % 2**32
    tests = [
        confidence_test(window, reference.answered, seed),
        class_mix_test(window, reference.answered, seed + 1),
    ]
    missing: list[str] = []
    if window.fast and reference.contents is not None:
        missing.append(
            f"{window.fast:,} of the predictions came in fast mode, whose answers differ a little "
            "from those to the test images. That alone can move confidence."
        )
    with engine_failures(context):
        found = _vectors_test(ImageVectors(context, check), reference, window, seed + 2)
    if isinstance(found, Lacking):
        missing.append(found.detail)
    else:
        test, remarks = found
        tests.append(test)
        missing += remarks
    url = f"/api/v1/drift-checks/{check.pk}/"
    with context.finish("drift_check", check.pk, url=url):
        store_check(check=check, reference=reference, window=window, tests=tests, missing=missing)


def _compared(check: DriftCheck) -> tuple[Reference, Answered]:
    """Return what is compared; raises `JobFailed` where it is no longer there."""
    watch = watch_of(check.organization, check.model)
    reference = reference_of(check.model_version, check.organization, watch)
    if isinstance(reference, NoReference):
        raise JobFailed("no_reference", reference.detail, retry=False)
    rows = window_rows(
        check.model_version, check.organization, watch, scheduled=check.scheduled
    ).filter(created_at__lt=check.created_at)
    window = (drawn if check.scheduled else newest)(rows, watch.window)
    if len(window.ids) < LEAST:
        raise JobFailed(
            "too_few_predictions",
            f"There are {len(window.ids)} different images to compare; at least {LEAST} are "
            "needed.",
            retry=False,
        )
    return reference, window


def confidence_test(window: Answered, reference: Answered, seed: int) -> Comparison:
    """Compare how sure the answers are, in bins that all of them together fill evenly."""
    edges = confidence_edges(np.concatenate([window.confidence, reference.confidence]))
    found, usual = binned(window.confidence, edges), binned(reference.confidence, edges)
    names = [f"{low:.4g} to {high:.4g}" for low, high in zip([0, *edges], [*edges, 1], strict=True)]
    return _stability(DriftKind.CONFIDENCE, names, found, usual, seed)


def class_mix_test(window: Answered, reference: Answered, seed: int) -> Comparison:
    """Compare how often each class was the answer."""
    names, found, usual = class_counts(window.class_counts, reference.class_counts)
    return _stability(DriftKind.CLASS_MIX, names, found, usual, seed)


def _stability(
    kind: DriftKind, names: Sequence[str], found: Any, usual: Any, seed: int
) -> Comparison:
    result = stability(found, usual, seed)
    bins = [
        {"name": name, "found": int(one), "reference": int(other)}
        for name, one, other in zip(names, found, usual, strict=True)
    ]
    return Comparison(
        kind=kind,
        score=result.score,
        p_value=result.p_value,
        images=int(found.sum()),
        usual=result.usual,
        bins=bins,
    )


def _vectors_test(
    images: ImageVectors, reference: Reference, window: Answered, seed: int
) -> tuple[Comparison, list[str]] | Lacking:
    """Compare the images; return the test, and a sentence for each side of which some are gone."""
    found = images.of_predictions(window.ids, "the window")
    if isinstance(found, Lacking):
        return found
    if reference.contents is None:
        usual = images.of_predictions(reference.answered.ids, "the time that counts as usual")
    else:
        usual = images.of_contents(reference.contents)
    if isinstance(usual, Lacking):
        return usual
    result = two_sample(found.vectors, usual.vectors, seed)
    order = (-result.moved).argsort(kind="stable")[:_MOVED]
    test = Comparison(
        kind=DriftKind.VECTORS,
        score=result.score,
        p_value=result.p_value,
        images=len(found.names),
        moved=[found.names[place] for place in order],
    )
    return test, [each.remark for each in (found, usual) if each.remark]
