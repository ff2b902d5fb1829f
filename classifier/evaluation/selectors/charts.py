"""The data of a report's charts of lines: the page draws them by script, the printable one as SVG.

Each is {x: {title, kind, min, max}, y: …, series: [{name, points: [[x, y, remark]], dashed?}],
diagonal?}; a kind is `share` (0 to 1) or `number`.
"""

from typing import Any

from classifier.engine.measure.calibration import Calibration, CalibrationBin
from classifier.engine.measure.class_curve import ClassCurve
from classifier.engine.measure.robustness import Robustness

Chart = dict[str, Any]


def _share(title: str) -> dict[str, Any]:
    return {"title": title, "kind": "share", "min": 0, "max": 1}


def reliability(calibration: Calibration) -> Chart:
    """Return accuracy against confidence: on the diagonal a model is right as often as it says."""
    series: list[dict[str, Any]] = [{"name": "As answered", "points": _bins(calibration.bins)}]
    if calibration.scaled is not None and calibration.temperature != 1.0:
        points = _bins(calibration.scaled.bins)
        series.append({"name": "Scaled by the temperature", "points": points, "dashed": True})
    return {
        "x": _share("Confidence"),
        "y": _share("Accuracy"),
        "series": series,
        "diagonal": True,
    }


def _bins(bins: tuple[CalibrationBin, ...]) -> list[list[Any]]:
    return [
        [each.confidence, each.accuracy, f"{each.count:,} image{'' if each.count == 1 else 's'}"]
        for each in bins
        if each.count
    ]


def precision_recall(curve: ClassCurve, class_name: str) -> Chart:
    """Return precision against recall of one class, as its threshold goes down.

    Up to where all its images are found: from there on precision only falls.
    """
    points = _points(curve, curve.recall, curve.precision)
    shown = points[: curve.recall.index(1.0) + 1] if 1.0 in curve.recall else points
    return {
        "x": _share("Recall"),
        "y": _share("Precision"),
        "series": [{"name": class_name, "points": shown}],
    }


def roc(curve: ClassCurve, class_name: str) -> Chart:
    """Return the share of true against that of false positives of one class."""
    points = _points(curve, curve.false_positive_rate, curve.recall)
    return {
        "x": _share("False positive rate"),
        "y": _share("True positive rate"),
        "series": [{"name": class_name, "points": [[0.0, 0.0, ""], *points]}],
        "diagonal": True,
    }


def _points(curve: ClassCurve, x: tuple[float, ...], y: tuple[float, ...]) -> list[list[Any]]:
    return [
        [across, up, f"threshold {threshold:.3f}"]
        for across, up, threshold in zip(x, y, curve.threshold, strict=True)
    ]


def robustness(found: Robustness) -> Chart:
    """Return accuracy against severity, a line for each corruption; 0 is the images as they are."""
    return {
        "x": {"title": "Severity", "kind": "number", "min": 0, "max": 5},
        "y": _share("Accuracy"),
        "series": [
            {
                "name": name.capitalize() if name != "jpeg" else "JPEG",
                "points": [
                    [0, found.clean, "as they are"],
                    *([row.severity, row.accuracy, row.strength] for row in rows),
                ],
            }
            for name, rows in found.by_corruption
        ],
    }
