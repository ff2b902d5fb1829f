"""What the page of a report draws beside its headline figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from classifier.evaluation.selectors import charts
from classifier.evaluation.selectors.class_table import ClassTable, class_table
from classifier.evaluation.selectors.curves import CurvesOfClass, curves_of_class
from classifier.evaluation.selectors.figures import Figure, figures_of
from classifier.evaluation.selectors.robustness import RobustnessState, robustness_of
from classifier.evaluation.services.start_robustness import DEFAULT_IMAGES, MOST_IMAGES
from classifier.models import EvaluationReport, ReportAnswers


@dataclass(frozen=True)
class ReportDetail:
    """Tables and charts of a report that has figures; charts are None where there is nothing.

    `mistakes_url` leads to the single images; empty where the answers to them are not kept, and on
    images that another organization shares: how they are labelled now is its own.
    """

    figures: list[Figure]
    matrix: dict[str, Any] | None
    mistakes_url: str
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
    kept = ReportAnswers.objects.filter(report=report).exists()
    opens = kept and not report.of_shared_images
    mistakes_url = reverse("classifier:mistakes", args=[report.pk]) if opens else ""
    return ReportDetail(
        figures=figures_of(figures),
        matrix=_matrix(report, mistakes_url),
        mistakes_url=mistakes_url,
        classes=classes,
        reliability=charts.reliability(figures.calibration) if figures.calibration else None,
        curves=found,
        precision_recall=charts.precision_recall(curve, name) if curve else None,
        roc=charts.roc(curve, name) if curve else None,
        robustness=state,
        robustness_chart=charts.robustness(state.figures) if state.figures else None,
    )


def _matrix(report: EvaluationReport, mistakes_url: str) -> dict[str, Any] | None:
    """Return the data of the confusion chart; a cell opens its images where there is an address."""
    matrix = report.matrix
    if matrix is None or not mistakes_url:
        return matrix
    return {**matrix, "cell_url": f"{mistakes_url}?true={{true}}&predicted={{predicted}}"}
