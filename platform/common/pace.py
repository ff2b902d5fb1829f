"""How fast a step of work goes."""

import time


class Pace:
    """Measured from the first sign of progress: what came before it was preparation."""

    def __init__(self, done: int) -> None:
        self._started, self._first = time.monotonic(), done

    def is_after(self, done: int) -> bool:
        """Whether the work has gone back to before the first sign."""
        return done < self._first

    def rate(self, done: int) -> float | None:
        """Return units a second; None before a second sign of progress."""
        seconds = time.monotonic() - self._started
        return (done - self._first) / seconds if done > self._first and seconds > 0 else None

    def seconds_left(self, done: int, total: int | None) -> float | None:
        """Return how long the rest takes at this rate; None where that is not known."""
        rate = self.rate(done)
        return (total - done) / rate if total and rate else None
