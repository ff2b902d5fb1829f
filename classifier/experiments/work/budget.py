"""The time that an experiment may take: what is left of it, and who would take longer."""

import time

from classifier.experiments.work.quiet import QuietObserver
from common.clock import database_now
from jobs.handlers import JobContext
from jobs.models import JobAttempt


class Budget:
    """Seconds from the first attempt of the job on, by the database's clock; one that a person
    resumes has all of them again.

    ``reserve`` is what is kept for the end: registering the model and measuring it.
    """

    def __init__(self, context: JobContext, seconds: float) -> None:
        first = JobAttempt.objects.filter(job=context.job).order_by("fence")[0]
        self.seconds = seconds
        self.began = first.started_at
        before = (database_now() - first.started_at).total_seconds()
        self._began = time.monotonic() - before
        self.reserve = min(60.0, max(10.0, seconds / 10))

    @property
    def spent(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    @property
    def left(self) -> float:
        """Seconds that fits may take from now on; negative when there are none."""
        return self.seconds - self.reserve - self.spent

    def deadline(self, seconds: float) -> float:
        """Return the moment in so many seconds, for another process: Unix, by the same clock."""
        return self.began.timestamp() + self.spent + seconds


class WouldTakeLonger(Exception):
    """A step would take ``seconds`` more, by its pace until now, where ``left`` are left."""

    def __init__(self, seconds: float, left: float) -> None:
        super().__init__(seconds, left)
        self.sentence = (
            f"Its images would take about {in_words(seconds)} more, and {in_words(left)} were left."
        )


def in_words(seconds: float) -> str:
    """Return a rough time, such as "45 s" or "12 min"."""
    seconds = max(0.0, seconds)
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


class BoundedObserver(QuietObserver):
    """Ends a step as soon as its pace says that it would not be done in time."""

    # Of a step that has just begun the pace is not known yet.
    _LEAST_SECONDS = 2.0

    def __init__(self, context: JobContext, member: str, until: float) -> None:
        """`until`: when the step must be done, on the monotonic clock."""
        super().__init__(context, member)
        self._until = until
        self._began = time.monotonic()

    def stage(self, message: str) -> None:
        """Tell which step begins."""
        self._began = time.monotonic()
        super().stage(message)

    def progress(
        self,
        done: int,
        total: int,
        unit: str,
        message: str,
        rate: float | None,
        eta_seconds: float | None,
    ) -> None:
        """Pass progress on; raises `WouldTakeLonger`."""
        super().progress(done, total, unit, message, rate, eta_seconds)
        now = time.monotonic()
        # An epoch that does not fit ends the training with the best one before.
        is_epoch = message.startswith("Epoch ")
        if eta_seconds is None or is_epoch or now - self._began < self._LEAST_SECONDS:
            return
        if now + eta_seconds > self._until:
            raise WouldTakeLonger(eta_seconds, self._until - now)
