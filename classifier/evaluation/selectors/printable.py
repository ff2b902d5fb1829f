"""A report as one file to print or send: no script, nothing fetched, charts drawn as SVG."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils import timezone

from classifier.evaluation.selectors import charts
from classifier.evaluation.selectors.charts import Chart
from classifier.evaluation.selectors.figures import figures_of
from classifier.evaluation.selectors.robustness import robustness_of
from classifier.evaluation.selectors.verdicts import verdict_of_report
from classifier.models import EvaluationReport, ReportCurve

# A matrix of more classes is no table on paper: then its most frequent mistakes are listed.
MOST_IN_MATRIX = 15
_MOST_MISTAKES = 100
_MOST_CURVES = 12
_LEFT, _TOP, _WIDTH, _HEIGHT = 46, 12, 300, 190
# Dark enough on white paper, told apart also without colour by their dashes.
_INKS = ("#1f5fbf", "#b3541e", "#2a7a4b", "#7a3fa0", "#8a6d00", "#a02c4d")
_DASHES = ("", "6 3", "2 2", "8 2 2 2", "1 3", "10 4")


class Drawn(NamedTuple):
    """A line of a chart: its points in the SVG, its ink, its dashes, its name."""

    points: str
    ink: str
    dashes: str
    name: str


@dataclass(frozen=True)
class Picture:
    """A chart of lines in the coordinates of an SVG of 360 × 240."""

    title: str
    x_title: str
    y_title: str
    lines: list[Drawn]
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    diagonal: str

    left, top, right, bottom = _LEFT, _TOP, _LEFT + _WIDTH, _TOP + _HEIGHT


def printable(report: EvaluationReport) -> dict[str, Any]:
    """Return what the template of the file shows of a report that has figures."""
    figures = report.figures
    if figures is None:
        raise ValueError("the report has no figures")
    matrix = figures.confusion_matrix
    names = matrix.class_names
    found = robustness_of(report).figures
    return {
        "report": report,
        "figures": figures_of(figures),
        "verdict": verdict_of_report(report),
        "matrix": list(zip(names, matrix.counts, strict=True))
        if len(names) <= MOST_IN_MATRIX
        else None,
        "mistakes": [
            (names[true], names[predicted], count, matrix.recalls[true][1])
            for true, predicted, count in matrix.mistakes[:_MOST_MISTAKES]
        ],
        "reliability": drawn(charts.reliability(figures.calibration), "Reliability")
        if figures.calibration
        else None,
        "curves": _curves(report),
        "robustness": found,
        "robustness_chart": drawn(charts.robustness(found), "Accuracy by severity")
        if found
        else None,
        "printed_at": timezone.now(),
    }


def _curves(report: EvaluationReport) -> list[tuple[str, Picture, Picture]]:
    """Return the curves of the classes with the lowest average precision."""
    figures = report.figures
    rows = figures.per_class if figures else ()
    known = [(row.average_precision, place) for place, row in enumerate(rows)]
    worst = sorted((value, place) for value, place in known if value is not None)
    places = [place for _, place in worst[:_MOST_CURVES]]
    kept = {
        row.class_index: row.curve
        for row in ReportCurve.objects.filter(report=report, class_index__in=places)
    }
    found = []
    for place in places:
        if place in kept:
            name = rows[place].class_name
            pictures = (
                drawn(charts.precision_recall(kept[place], name), "Precision and recall"),
                drawn(charts.roc(kept[place], name), "ROC"),
            )
            found.append((name, *pictures))
    return found


def drawn(chart: Chart, title: str) -> Picture:
    """Return a chart of `selectors.charts` in the coordinates of the picture."""
    across, up = chart["x"], chart["y"]

    def x(value: float) -> float:
        share = (value - across["min"]) / (across["max"] - across["min"])
        return round(_LEFT + share * _WIDTH, 1)

    def y(value: float) -> float:
        share = (value - up["min"]) / (up["max"] - up["min"])
        return round(_TOP + (1 - share) * _HEIGHT, 1)

    lines = [
        Drawn(
            " ".join(f"{x(point[0])},{y(point[1])}" for point in series["points"]),
            _INKS[number % len(_INKS)],
            _DASHES[number % len(_DASHES)],
            series["name"],
        )
        for number, series in enumerate(chart["series"])
    ]
    ends = f"{x(0)},{y(0)} {x(1)},{y(1)}" if chart.get("diagonal") else ""
    return Picture(
        title,
        across["title"],
        up["title"],
        lines,
        [(x(value), words) for value, words in _ticks(across)],
        [(y(value), words) for value, words in _ticks(up)],
        ends,
    )


def _ticks(axis: dict[str, Any]) -> list[tuple[float, str]]:
    if axis["kind"] == "share":
        return [(part / 4, f"{part * 25} %") for part in range(5)]
    return [(value, str(value)) for value in range(axis["min"], axis["max"] + 1)]
