"""Watch: asks the observer to stop and tells it progress, often enough and no more."""

import time

from classifier.engine.errors import Cancelled, FinishAsked, TimeIsUp
from classifier.engine.observer import Observer
from common.pace import Pace

_STOP_EVERY = 0.25
_TELL_EVERY = 0.5


class Watch:
    """The observer, at a bearable rate; one step of the work (``begin``) at a time."""

    def __init__(self, observer: Observer) -> None:
        self.observer = observer
        self._asked = self._told = 0.0
        self._message = ""
        self._pace: Pace | None = None
        self._time_limit: tuple[float, float] | None = None
        self._may_finish = False

    def limit_time(self, deadline: float, seconds: float) -> None:
        """Raise TimeIsUp from checks after ``deadline`` (of the monotonic clock) on.

        ``seconds`` is the limit that people know.
        """
        self._time_limit = (deadline, seconds)

    def end_time_limit(self) -> None:
        """Let what follows take the time that it takes."""
        self._time_limit = None

    def let_finish(self, allowed: bool) -> None:
        """Raise FinishAsked from checks where the observer asks to finish now, or no longer."""
        self._may_finish = allowed

    def begin(self, message: str) -> None:
        """Name the next step; its rate and remaining time are measured from its first tick.

        Raises Cancelled when the observer says stop.
        """
        self._message = message
        self._pace = None
        self._told = 0.0
        self.observer.stage(message)
        self.check()

    def check(self) -> None:
        """Raise Cancelled when the observer says stop, TimeIsUp past a limit, FinishAsked."""
        now = time.monotonic()
        if self._time_limit and now >= self._time_limit[0]:
            raise TimeIsUp(self._time_limit[1])
        if now - self._asked >= _STOP_EVERY:
            self._asked = now
            if self.observer.should_stop():
                raise Cancelled
            if self._may_finish and self.observer.asked_to_finish() == "now":
                raise FinishAsked

    def tick(
        self, done: int, total: int, message: str | None = None, *, unit: str = "images"
    ) -> None:
        """Take ``done`` of ``total`` images, or other units; raises Cancelled when told to stop."""
        self.check()
        now = time.monotonic()
        # From the first tick on: its batch also paid for the compilation of the graph.
        pace = self._pace = self._pace or Pace(done)
        if now - self._told >= _TELL_EVERY or done == total:
            self._told = now
            self.observer.progress(
                done,
                total,
                unit,
                message or self._message,
                pace.rate(done),
                pace.seconds_left(done, total),
            )
