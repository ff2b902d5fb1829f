"""What is known of a report's robustness."""

from typing import NamedTuple

from classifier.engine.measure.robustness import Robustness
from classifier.models import EvaluationReport, RobustnessCheck
from jobs.models import TERMINAL


class RobustnessState(NamedTuple):
    """The newest check that was measured, and the newest of all, which may run or have failed."""

    measured: RobustnessCheck | None
    newest: RobustnessCheck | None

    @property
    def figures(self) -> Robustness | None:
        """What was measured last."""
        return self.measured.figures if self.measured else None

    @property
    def under_way(self) -> bool:
        """Whether a check waits or runs."""
        return self.newest is not None and self.newest.job.status not in TERMINAL


def robustness_of(report: EvaluationReport) -> RobustnessState:
    """Return the state of a report's robustness, in one query."""
    rows = list(
        RobustnessCheck.objects.filter(report=report)
        .select_related("job")
        .order_by("-created_at", "-id")
    )
    measured = next((row for row in rows if row.figures is not None), None)
    return RobustnessState(measured, rows[0] if rows else None)
