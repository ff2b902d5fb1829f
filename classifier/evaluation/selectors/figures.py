"""The figures of a report that are one number each, in the order to show.

Page, CSV and printable report all take them from here.
"""

from typing import NamedTuple

from classifier.engine.measure.intervals import Estimate
from classifier.engine.measure.report import Report

METHOD_WORDS = {"wilson": "Wilson", "bootstrap": "bootstrap"}
_SHARES = (
    ("accuracy", "Accuracy"),
    ("balanced_accuracy", "Balanced accuracy"),
    ("macro_precision", "Macro precision"),
    ("macro_recall", "Macro recall"),
    ("macro_f1", "Macro F1"),
    ("weighted_precision", "Weighted precision"),
    ("weighted_recall", "Weighted recall"),
    ("weighted_f1", "Weighted F1"),
    ("roc_auc", "ROC AUC, one class against the rest"),
)
_NO_PERCENTAGES = ("roc_auc",)


class Figure(NamedTuple):
    """A figure: its name in the API, its label, its value, where it lies on new images, a remark.

    `is_share` says that it is from 0 to 1 and read as a percentage.
    """

    name: str
    label: str
    value: float | int | None
    estimate: Estimate | None = None
    is_share: bool = True
    note: str = ""

    @property
    def method(self) -> str:
        """How the interval was made, in a word; empty without one."""
        return METHOD_WORDS[self.estimate.method] if self.estimate else ""


def figures_of(report: Report) -> list[Figure]:
    """Return the figures; those that a report from before them lacks have no value."""
    found = [
        Figure(
            name,
            label,
            _value(report, name),
            _estimate(report, name),
            name not in _NO_PERCENTAGES,
            _note(report, name),
        )
        for name, label in _SHARES
    ]
    found += [
        Figure(
            f"top{each.k}_accuracy",
            f"Top-{each.k} accuracy",
            each.accuracy,
            _estimate(report, f"top{each.k}_accuracy"),
        )
        for each in report.top_k
    ]
    if not report.top_k:
        found.append(Figure("top5_accuracy", "Top-5 accuracy", report.top5_accuracy))
    found += [
        Figure("kappa", "Cohen's kappa", report.kappa, _estimate(report, "kappa"), False,
               _undefined_kappa(report)),
        Figure("log_loss", "Log loss", report.log_loss, _estimate(report, "log_loss"), False),
    ]  # fmt: skip
    return [*found, *_calibration(report), *_cost(report)]


def _value(report: Report, name: str) -> float | None:
    group, _, part = name.partition("_")
    if group in ("macro", "weighted"):
        return float(getattr(getattr(report, group), part))
    value: float | None = getattr(report, name)
    return value


def _estimate(report: Report, name: str) -> Estimate | None:
    found = report.intervals.get(name)
    if found is None and name == "accuracy" and report.accuracy_interval:
        low, high = report.accuracy_interval
        return Estimate(low=low, high=high, method="wilson")
    return found


def _note(report: Report, name: str) -> str:
    undefined = report.roc_auc_undefined
    if name != "roc_auc" or not undefined:
        return ""
    if report.roc_auc is None:
        return "undefined: the images are all of one class"
    shown = ", ".join(undefined[:3]) + (f" and {len(undefined) - 3} more" * (len(undefined) > 3))
    return f"without {shown}: no image has the class"


def _undefined_kappa(report: Report) -> str:
    measured = report.balanced_accuracy is not None
    return "undefined: one class alone" if measured and report.kappa is None else ""


def _calibration(report: Report) -> list[Figure]:
    found = report.calibration
    if found is None:
        return []
    rows = [Figure("ece", "Expected calibration error", found.ece)]
    if found.scaled is not None:
        rows += [
            Figure("temperature", "Temperature", found.temperature, None, False,
                   f"fitted on {found.fitted_on:,} validation images"),
            Figure("ece_scaled", "The same, scaled by it", found.scaled.ece),
        ]  # fmt: skip
    return rows


def _cost(report: Report) -> list[Figure]:
    cost = report.cost
    counted = [Figure("sample_count", "Images", report.sample_count, is_share=False)]
    if cost is None:
        return counted
    return [
        *counted,
        Figure("milliseconds_per_image", "Milliseconds an image", cost.milliseconds_per_image,
               is_share=False, note="of one core, of the machine that measured"),
        Figure("bytes", "Size of the model file, bytes", cost.bytes, is_share=False),
        Figure("parameters", "Parameters", cost.parameters, is_share=False),
    ]  # fmt: skip
