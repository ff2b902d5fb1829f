"""The answers of a report as columns, to filter and sort: there may be 60,000."""

import uuid
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from classifier.engine.measure.answers import columns_of
from classifier.evaluation.errors import NoAnswers
from classifier.models import EvaluationReport, ReportAnswers
from classifier.models.report_answers import packed
from common.errors import FieldError, Invalid
from common.nearest import nearest_first
from datasets.selectors.versions import sample_table

# Reports that a web process remembers, at 32 bytes an answer.
_REMEMBERED = 8
_NAMED = 10


@dataclass(frozen=True)
class AnswerColumns:
    """What a report's model answered; each column has an entry for each image of the split.

    `sample` is the id of its `Sample`, `class_index` that one's own; `true` and `predicted` are
    places in `class_names`, which are those of the confusion matrix; `probability` is that of the
    predicted class, 0 to 1.
    """

    class_names: list[str]
    sample: npt.NDArray[np.int64]
    class_index: npt.NDArray[np.int64]
    true: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.int64]
    probability: npt.NDArray[np.float64]

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        """Which answers are right."""
        return self.true == self.predicted

    def place_of(self, class_name: str, parameter: str) -> int:
        """Return where a class stands; raises `Invalid` naming the nearest ones it may be."""
        if class_name in self.class_names:
            return self.class_names.index(class_name)
        near = nearest_first(class_name, self.class_names)
        known = ", ".join(f"“{name}”" for name in near[:_NAMED])
        more = len(near) - _NAMED
        rest = f" and {more:,} more" if more > 0 else ""
        detail = (
            f"{parameter} must be a class of the report: {known}{rest}; "
            f"received “{class_name[:60]}”."
        )
        raise Invalid(detail, errors=[FieldError(f"/{parameter}", "unknown_class", detail)])


def answer_columns(report: EvaluationReport) -> AnswerColumns:
    """Return the answers of a report; raises `NoAnswers`.

    The first time 60,000 take a tenth of a second of a processor, then they are remembered.
    """
    kept = ReportAnswers.objects.filter(report=report).values_list("samples_digest").first()
    if kept is None:
        raise NoAnswers(
            "What the model answered to each image is not kept with this report.",
            hint="Evaluate the model again, or wait until the evaluation has ended.",
        )
    return _columns(report.pk, *kept)


@lru_cache(maxsize=_REMEMBERED)
def _columns(report_id: uuid.UUID, samples_digest: str) -> AnswerColumns:
    """Return the columns; the digest is another one once an image was forgotten."""
    rows = ReportAnswers.objects.select_related("report__model_version", "report__dataset_version")
    kept = rows.defer("report__metrics").get(report=report_id)
    report = kept.report
    version, class_names = report.dataset_version, report.answer_names
    places = np.array(report.true_places, np.int64)
    samples = sample_table(version, report.split_enum)
    predicted, probability = columns_of(packed(kept))
    return AnswerColumns(
        class_names=class_names,
        sample=samples["id"].astype(np.int64),
        class_index=samples["class_index"].astype(np.int64),
        true=places[samples["class_index"].astype(np.int64)],
        predicted=predicted,
        probability=probability,
    )
