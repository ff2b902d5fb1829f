"""How fits within an experiment's job tell what they do: in its progress alone."""

from classifier.training.work.observer import JobObserver
from jobs.handlers import JobContext


class QuietObserver(JobObserver):
    """Says which member is at work, and keeps no curves: a fit takes a second."""

    def __init__(self, context: JobContext, member: str) -> None:
        """`member` begins each message, as in "Fold 2 of 5"."""
        super().__init__(context)
        self._member = member

    def stage(self, message: str) -> None:
        """Tell which step begins, in the progress alone."""
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
        super().progress(done, total, unit, f"{self._member}: {message}", rate, eta_seconds)
