"""Take what was answered about forgotten samples out of what goes by the order of a split.

`EvaluationReport`'s answers and the folds of experiments have an entry for each image of
`samples_of`. When samples are forgotten, these entries go in the same transaction.
"""

import uuid
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from classifier.engine.measure.bits import mask_of, text_of
from classifier.engine.measure.decision_answers import packed, unpacked
from classifier.models import (
    Decision,
    ExperimentFolds,
    ExperimentMember,
    FoldAnswers,
    ReportAnswers,
)
from classifier.models.report_answers import samples_digest
from classifier.registry.services.decision import apply_wish
from datasets.models import DatasetVersion, Sample, Split
from datasets.selectors.folds import LEARNED
from datasets.selectors.versions import sample_table, samples_of

Kept = npt.NDArray[np.bool_]


def erase_answers(version: DatasetVersion, gone: Iterable[int]) -> int:
    """Cut these samples (ids) of a version out of every report and fold; return how many reports.

    Call it before the samples are marked, in the same transaction after `allow_forgetting`.
    """
    ids = list(gone)
    places = {split: _kept(version, split, ids) for split in Split}
    count = sum(
        _cut_reports(version, split, kept) for split, kept in places.items() if not kept.all()
    )
    learned = np.concatenate([places[split] for split in LEARNED])
    if not learned.all():
        _cut_folds(version.pk, learned)
    if not (chosen := places[Split.VALIDATION]).all():
        _cut_candidates(version.pk, chosen)
        _cut_decisions(version.pk, chosen)
    return count


def _kept(version: DatasetVersion, split: Split, gone: list[int]) -> Kept:
    return ~np.isin(sample_table(version, split)["id"].astype(np.int64), gone)


def _cut_reports(version: DatasetVersion, split: Split, kept: Kept) -> int:
    samples = samples_of(version, split)
    left = [sample for sample, stays in zip(samples, kept.tolist(), strict=True) if stays]
    digest = samples_digest(left, version.class_names)
    rows = ReportAnswers.objects.filter(report__dataset_version=version, report__split=split)
    count = 0
    for row in rows.iterator(50):
        if len(row.predicted) != 2 * len(kept):
            continue  # Of other images than the version has: it was read otherwise.
        correct = np.unpackbits(np.frombuffer(bytes(row.correct), np.uint8), count=len(kept))
        row.correct = np.packbits(correct[kept]).tobytes()
        row.predicted = _cut(row.predicted, kept)
        row.probability = _cut(row.probability, kept)
        row.samples_digest = digest
        row.save(update_fields=["correct", "predicted", "probability", "samples_digest"])
        count += 1
    return count


def _cut_folds(version_id: uuid.UUID, kept: Kept) -> None:
    for row in ExperimentFolds.objects.filter(experiment__dataset_version=version_id):
        folds = np.frombuffer(bytes(row.folds), np.uint8)
        if len(folds) != len(kept):
            continue
        for answers in FoldAnswers.objects.filter(
            member__experiment=row.experiment_id
        ).select_related("member"):
            fold = kept[folds == answers.member.number]
            if len(fold) and not fold.all():
                answers.probabilities = _cut(answers.probabilities, fold)
                answers.save(update_fields=["probabilities"])
        for member in ExperimentMember.objects.filter(
            experiment=row.experiment_id, result__has_key="wrong"
        ):
            fold = kept[folds == member.spec["fold"]]
            found = member.result or {}
            member.result = {**found, "wrong": _cut_bits(found["wrong"], fold)}
            member.save(update_fields=["result"])
        row.folds, row.groups = folds[kept].tobytes(), _cut(row.groups, kept)
        row.save(update_fields=["folds", "groups"])


def _cut_candidates(version_id: uuid.UUID, kept: Kept) -> None:
    """Cut what Auto keeps of its candidates: right or wrong on each validation image."""
    for member in ExperimentMember.objects.filter(experiment__dataset_version=version_id):
        for found in (member.result, member.spec.get("figures")):
            if found is not None and "right" in found:
                found["right"] = _cut_bits(found["right"], kept)
        member.save(update_fields=["result", "spec"])


def _cut_decisions(version_id: uuid.UUID, kept: Kept) -> None:
    """Cut the answer out of what decisions were told from; their promise is told again."""
    # Held, so that a promise that is withdrawn meanwhile is not written over.
    rows = (
        Decision.objects.select_for_update(of=("self",))
        .filter(model_version__dataset_version=version_id, answers__isnull=False)
        .select_related("model_version")
        .order_by("pk")
    )
    for row in rows:
        answers = unpacked(bytes(row.answers or b""))
        if len(answers) == len(kept):
            row.answers = packed(answers[kept])
            apply_wish(row, row.model_version)
            row.save()


def _cut_bits(text: str, kept: Kept) -> str:
    return text_of(mask_of(text, len(kept))[kept])


def _cut(column: bytes | memoryview, kept: Kept) -> bytes:
    """Return the entries of a column, all of one width, that are kept."""
    return np.frombuffer(bytes(column), np.uint8).reshape(len(kept), -1)[kept].tobytes()


def samples_by_version(samples: Iterable[Sample]) -> dict[uuid.UUID, list[int]]:
    """Return the ids of samples, by their version."""
    found: dict[uuid.UUID, list[int]] = {}
    for sample in samples:
        found.setdefault(sample.version_id, []).append(sample.pk)
    return found
