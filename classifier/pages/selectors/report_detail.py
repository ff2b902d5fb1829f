"""What the page of a report draws beside its headline figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from classifier.evaluation.selectors import charts
from classifier.evaluation.selectors.class_table import ClassTable, class_table
from classifier.evaluation.selectors.curves import CurvesOfClass, curves_of_class
from classifier.evaluation.selectors.figures import Figure, figures_of
from classifier.evaluation.selectors.robustness import RobustnessState, robustness_of
from classifier.evaluation.services.start_robustness import DEFAULT_IMAGES, MOST_IMAGES
from classifier.models import EvaluationReport


@dataclass(frozen=True)
class ReportDetail:
    """Tables and charts of a report that has figures; charts are None where there is nothing."""

    figures: list[Figure]
    classes: ClassTable
    reliability: dict[str, Any] | None
    curves: CurvesOfClass | None
    precision_recall: dict[str, Any] | None
    roc: dict[str, Any] | None
    robustness: RobustnessState
    robustness_chart: dict[str, Any] | None
    default_images: int = DEFAULT_IMAGES
    most_images: int = MOST_IMAGES


def report_detail(report: EvaluationReport, asked: Mapping[str, str]) -> ReportDetail | None:
    """Return what the page's address asks for: `q`, `sort`, `page` of the classes, `class`.

    None without figures. Raises `NotFound` for a `class` that the model does not know.
    """
    figures = report.figures
    if figures is None:
        return None
    page = asked.get("page", "")
    classes = class_table(
        figures, asked.get("q", ""), asked.get("sort", ""), int(page) if page.isdecimal() else 1
    )
    found = curves_of_class(report, asked.get("class", ""))
    curve, name = (found.curve, found.figures.class_name) if found else (None, "")
    state = robustness_of(report)
    return ReportDetail(
        figures=figures_of(figures),
        classes=classes,
        reliability=charts.reliability(figures.calibration) if figures.calibration else None,
        curves=found,
        precision_recall=charts.precision_recall(curve, name) if curve else None,
        roc=charts.roc(curve, name) if curve else None,
        robustness=state,
        robustness_chart=charts.robustness(state.figures) if state.figures else None,
    )
