"""The curves of one class in a report."""

from typing import NamedTuple

from classifier.engine.measure.class_curve import ClassCurve
from classifier.engine.measure.report import ClassFigures
from classifier.models import EvaluationReport, ReportCurve
from common.errors import NotFound


class CurvesOfClass(NamedTuple):
    """A class with its figures, and its curves; None where it has none, for `why` in words."""

    figures: ClassFigures
    curve: ClassCurve | None
    why: str


def curves_of_class(report: EvaluationReport, class_name: str = "") -> CurvesOfClass | None:
    """Return a class's curves; of the class with the lowest average precision where none is named.

    None where the report has no figures. Raises `NotFound` for a class that the model does not
    know.
    """
    if report.figures is None or not report.figures.per_class:
        return None
    rows = report.figures.per_class
    if class_name:
        places = [place for place, row in enumerate(rows) if row.class_name == class_name]
        if not places:
            raise NotFound(f"The report has no class {class_name!r}.")
        place = places[0]
    else:
        known = [(row.average_precision, place) for place, row in enumerate(rows)]
        measured = [(value, place) for value, place in known if value is not None]
        place = min(measured)[1] if measured else 0
    row = ReportCurve.objects.filter(report=report, class_index=place).first()
    if row is not None:
        return CurvesOfClass(rows[place], row.curve, "")
    return CurvesOfClass(rows[place], None, _why(report, rows[place]))


def _why(report: EvaluationReport, row: ClassFigures) -> str:
    if report.figures is not None and report.figures.balanced_accuracy is None:
        return "This report was made before curves were kept: evaluate again for them."
    if not row.support:
        return f"No image of the split is of the class “{row.class_name}”, so it has no curves."
    return f"All images are of the class “{row.class_name}”, so nothing can be told apart."
