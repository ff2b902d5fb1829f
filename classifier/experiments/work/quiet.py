"""How fits within an experiment's job tell what they do: in its progress alone."""

from classifier.engine.curves import EpochMetrics
from classifier.engine.observer import Finish
from jobs.handlers import JobContext


class QuietObserver:
    """Says which member is at work, keeps no curves: `classifier.engine.observer.Observer`."""

    def __init__(self, context: JobContext, member: str) -> None:
        """`member` begins each message, as in "Fold 2 of 5"."""
        self._context, self._member = context, member

    def epoch(self, metrics: EpochMetrics, answers: object) -> None:
        """Pass over a finished epoch: a fit takes a second, and has hundreds."""

    def fitted(self, answers: object) -> None:
        """Pass over what a method answers."""

    def stage(self, message: str) -> None:
        """Tell which step begins."""
        self._context.progress(0, None, "", f"{self._member}: {message}")

    def progress(
        self,
        done: int,
        total: int,
        unit: str,
        message: str,
        rate: float | None,
        eta_seconds: float | None,
    ) -> None:
        """Pass progress on."""
        text = f"{self._member}: {message}"
        self._context.progress(done, total, unit, text, rate=rate, eta_seconds=eta_seconds)

    def should_stop(self) -> bool:
        """Return whether a person cancelled, the worker shuts down, or the lease is lost."""
        return self._context.should_stop()

    def asked_to_finish(self) -> Finish:
        """Return that no person has: members are not finished early."""
        return ""
