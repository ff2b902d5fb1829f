"""Which answers differ between two reports on the same images."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from classifier.engine.measure.answers import PackedAnswers, unpack
from classifier.engine.measure.mcnemar import mcnemar
from classifier.evaluation.errors import NotComparable
from classifier.models import EvaluationReport, ReportAnswers
from datasets.models import Sample
from datasets.selectors.versions import ordered_samples

KINDS = ("fixed", "broken", "other")
PAGE = 60


class Answer(NamedTuple):
    """What a model said to one image."""

    class_name: str
    probability: float


class ChangedAnswer(NamedTuple):
    """An image that two models answer differently; `sample` as the version froze it."""

    sample: Sample
    class_name: str
    before: Answer
    after: Answer


@dataclass(frozen=True)
class Changes:
    """The images, by their place in the split, whose answer differs.

    `fixed` became right, `broken` became wrong, `other` was and is wrong but otherwise.
    """

    before: EvaluationReport
    after: EvaluationReport
    images: int
    fixed: Sequence[int]
    broken: Sequence[int]
    other: Sequence[int]

    @property
    def counts(self) -> dict[str, int]:
        """How many images there are of each kind."""
        return {kind: len(getattr(self, kind)) for kind in KINDS}

    @cached_property
    def p_value(self) -> float:
        """Of McNemar's test: how likely so large a difference is where both are alike."""
        return mcnemar(len(self.fixed), len(self.broken))

    def page(self, kind: str, number: int) -> list[ChangedAnswer]:
        """Return up to `PAGE` of one kind of change, in the order of the split."""
        places = getattr(self, kind)[(number - 1) * PAGE : number * PAGE]
        if not len(places):
            return []
        version = self.after.dataset_version
        ids = list(ordered_samples(version, self.after.split_enum).values_list("pk", flat=True))
        chosen = [ids[place] for place in places]
        samples = Sample.objects.select_related("image").in_bulk(chosen)
        said = [_answers_at(report, places) for report in (self.before, self.after)]
        return [
            ChangedAnswer(samples[pk], version.class_names[samples[pk].class_index], *answers)
            for pk, *answers in zip(chosen, *said, strict=True)
        ]


def changes(before: EvaluationReport, after: EvaluationReport) -> Changes:
    """Return what changed between two reports whose answers are kept, on the same images.

    Classes are compared by name, so the models may have different ones. Raises `NotComparable`.
    """
    _require_same_images(before, after)
    right = [_bits(bytes(report.answers.correct)) for report in (before, after)]
    said = [_named(report) for report in (before, after)]
    images = len(said[0])
    was, now = (bits[:images] for bits in right)
    differs = said[0] != said[1]
    return Changes(
        before,
        after,
        images,
        fixed=np.flatnonzero(~was & now).tolist(),
        broken=np.flatnonzero(was & ~now).tolist(),
        other=np.flatnonzero(~was & ~now & differs).tolist(),
    )


def _require_same_images(*reports: EvaluationReport) -> None:
    digests = set()
    for report in reports:
        try:
            digests.add(report.answers.samples_digest)
        except ReportAnswers.DoesNotExist:
            raise NotComparable(
                f"The answers of {report} are not kept: evaluate the model again.",
                code="no_answers",
            ) from None
    if len(digests) > 1:
        raise NotComparable(
            f"{reports[0]} and {reports[1]} are not about the same images: evaluate both models "
            "on the same split of the same dataset version.",
            code="other_images",
        )


def _bits(packed: bytes) -> np.ndarray:
    return np.unpackbits(np.frombuffer(packed, np.uint8)).astype(bool)


def _named(report: EvaluationReport) -> np.ndarray:
    """Return the predicted class of each image, by name."""
    names = np.array(report.model_version.class_names, dtype=object)
    return names[[index for index, _ in unpack(_packed(report.answers))]]


def _packed(answers: ReportAnswers) -> PackedAnswers:
    parts = (answers.correct, answers.predicted, answers.probability)
    return PackedAnswers(*(bytes(part) for part in parts))


def _answers_at(report: EvaluationReport, places: Sequence[int]) -> list[Answer]:
    said = unpack(_packed(report.answers))
    names = report.model_version.class_names
    return [Answer(names[said[place][0]], said[place][1]) for place in places]
