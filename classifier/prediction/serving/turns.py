"""Whose turn it is: the time of the processors is shared equally among those who ask for it."""

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Task = TypeVar("Task")
Payers = tuple[str, ...]


@dataclass(frozen=True)
class Turn(Generic[Task]):
    """A task at work, and who pays for the time it takes."""

    task: Task
    payers: Payers
    started: float


class Turns(Generic[Task]):
    """Tasks that wait, each paid for by a person and an organization.

    Next comes the task whose payers have had the least time: the larger of their times counts, so
    neither many organizations nor many people of one get more. A newcomer starts with what the
    others have had at least, and cannot save up. Safe to use from threads.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[Payers, deque[Task]] = {}
        self._at_work: dict[Payers, int] = {}
        self._spent: dict[str, float] = {}

    def add(self, tasks: Sequence[Task], payers: Payers) -> None:
        """Let these wait, in their order."""
        if not tasks:
            return
        with self._changed:
            present = self._present()
            least = min((self._spent[payer] for payer in present), default=0.0)
            for payer in set(payers) - present:
                self._spent[payer] = max(self._spent.get(payer, 0.0), least)
            self._waiting.setdefault(payers, deque()).extend(tasks)
            self._changed.notify(len(tasks))

    def take(self) -> Turn[Task]:
        """Wait for a task; `done` must follow."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting)
            payers = min(self._waiting, key=self._time_of)
            tasks = self._waiting[payers]
            task = tasks.popleft()
            if not tasks:
                del self._waiting[payers]
            self._at_work[payers] = self._at_work.get(payers, 0) + 1
            return Turn(task, payers, time.monotonic())

    def done(self, turn: Turn[Task]) -> None:
        """Charge the task's time to its payers."""
        with self._changed:
            for payer in turn.payers:
                self._spent[payer] += time.monotonic() - turn.started
            self._at_work[turn.payers] -= 1
            if not self._at_work[turn.payers]:
                del self._at_work[turn.payers]
            if not self._waiting and not self._at_work:
                self._spent.clear()

    def _time_of(self, payers: Payers) -> tuple[float, int]:
        """Return the time these have had; of equals, who has less at work comes first."""
        return max((self._spent[each] for each in payers), default=0.0), self._at_work.get(
            payers, 0
        )

    def _present(self) -> set[str]:
        return {payer for payers in (*self._waiting, *self._at_work) for payer in payers}
