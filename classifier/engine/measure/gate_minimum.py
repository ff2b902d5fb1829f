"""The rule that a figure of a report is at least so much."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from classifier.engine.measure.gate import GateFacts, RuleResult
from classifier.engine.measure.intervals import probably
from classifier.engine.measure.report import Interval, SummaryByClass

# Figures are sums of shares: one that is as required may end a hair below.
HAIR = 1e-9


@dataclass(frozen=True)
class Metric:
    """A figure that may have a minimum: where a report has it, and how people read it.

    ``read`` takes a report and a class (empty: all) and gives None where it has no such figure.
    """

    title: str
    read: Callable[[SummaryByClass, str], float | None]
    in_percent: bool = True
    interval: Callable[[SummaryByClass, str], Interval | None] = lambda summary, name: None


def _average(name: str) -> Callable[[SummaryByClass, str], float | None]:
    return lambda summary, _: getattr(summary.macro, name)


def _of_class(name: str) -> Callable[[SummaryByClass, str], float | None]:
    def read(summary: SummaryByClass, class_name: str) -> float | None:
        for figures in summary.per_class:
            if figures.class_name == class_name and figures.support:
                found: float = getattr(figures, name)
                return found
        return None

    return read


def _recall_interval(summary: SummaryByClass, class_name: str) -> Interval | None:
    each = next((each for each in summary.per_class if each.class_name == class_name), None)
    return each.recall_interval if each is not None else None


METRICS: Mapping[str, Metric] = {
    "accuracy": Metric(
        "accuracy",
        lambda summary, _: summary.accuracy,
        interval=lambda summary, _: summary.accuracy_interval,
    ),
    "balanced_accuracy": Metric("balanced accuracy", lambda summary, _: summary.balanced_accuracy),
    "macro_f1": Metric("macro F1", _average("f1")),
    "macro_precision": Metric("macro precision", _average("precision")),
    "roc_auc": Metric("ROC AUC", lambda summary, _: summary.roc_auc, in_percent=False),
    "kappa": Metric("kappa", lambda summary, _: summary.kappa, in_percent=False),
}
CLASS_METRICS: Mapping[str, Metric] = {
    "recall": Metric("recall", _of_class("recall"), interval=_recall_interval),
    "precision": Metric("precision", _of_class("precision")),
    "f1": Metric("F1", _of_class("f1")),
}


@dataclass(frozen=True, kw_only=True)
class Minimum:
    """A figure is at least ``value``, from 0 to 1; with ``class_name`` that of one class.

    The figure as measured counts, not the lower end of its interval.
    """

    rule: ClassVar[str] = "minimum"

    metric: str
    value: float
    class_name: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What no two rules of a gate share."""
        return self.rule, self.metric, self.class_name

    @property
    def is_known(self) -> bool:
        """Whether this Loupe has such a figure."""
        return self.metric in (CLASS_METRICS if self.class_name else METRICS)

    @property
    def words(self) -> str:
        """The rule in a sentence."""
        return f"{_capital(self.title)} is at least {shown(self.value, percent=self._percent)}."

    @property
    def title(self) -> str:
        """What the figure is called."""
        name = self._metric.title
        return f"{name} of “{self.class_name}”" if self.class_name else name

    def judge(self, facts: GateFacts) -> RuleResult:
        """Return what it says of a version."""
        if facts.figures is None:
            return RuleResult(self.rule, False, facts.why_not_measured, threshold=self.value)
        found = self._metric.read(facts.figures, self.class_name)
        if found is None:
            return RuleResult(
                self.rule, False, self._why_none(facts), threshold=self.value, report=facts.report
            )
        missing = self.value - found
        passed = missing <= HAIR
        interval = self._metric.interval(facts.figures, self.class_name)
        range_ = f" ({probably(*interval)})" if interval else ""
        short = "" if passed else f", {difference(missing, percent=self._percent)} more"
        return RuleResult(
            self.rule,
            passed,
            f"{_capital(self.title)} is {shown(found, self.value, percent=self._percent)}{range_} "
            f"on {facts.on}; the gate asks for at least "
            f"{shown(self.value, found, percent=self._percent)}{short}.{facts.caveat}",
            measured=found,
            threshold=self.value,
            short_by=0.0 if passed else missing,
            report=facts.report,
        )

    @property
    def _metric(self) -> Metric:
        return (CLASS_METRICS if self.class_name else METRICS)[self.metric]

    @property
    def _percent(self) -> bool:
        return self._metric.in_percent

    def _why_none(self, facts: GateFacts) -> str:
        if not self.class_name:
            return f"{_capital(self.title)} cannot be told: the report on {facts.on} lacks it."
        return (
            f"{_capital(self.title)} cannot be told on {facts.on}: no image there is of this "
            "class, or this version does not know it."
        )


def shown(value: float, other: float | None = None, *, percent: bool = True) -> str:
    """Return 0.9123 as "91.2 %", or "0.912"; with digits that tell it from ``other``."""
    scale, unit, least = (100, " %", 1) if percent else (1, "", 3)
    digits = least
    while (
        other is not None
        and digits < least + 4
        and value != other
        and f"{value * scale:.{digits}f}" == f"{other * scale:.{digits}f}"
    ):
        digits += 1
    return f"{value * scale:.{digits}f}{unit}"


def difference(value: float, *, percent: bool = True) -> str:
    """Return 0.038 as "3.8 points", or "0.038": two figures at least, however small."""
    scaled = value * 100 if percent else value
    digits = 1 if percent else 3
    text = f"{scaled:.{digits}f}"
    text = text if float(text) else f"{scaled:.1g}"
    return f"{text} points" if percent else text


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
