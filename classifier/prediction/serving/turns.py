"""Whose turn it is: the time of the processors is shared equally among those who ask for it."""

import threading
import time
from collections import Counter, deque
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
    others have had at least, and cannot save up. No payer has more than `each` at work, so with
    `each` + 1 threads a newcomer's task begins at once, whatever another's are busy with. Safe to
    use from threads.
    """

    def __init__(self, each: int) -> None:
        self._each = each
        self._changed = threading.Condition()
        self._waiting: dict[Payers, deque[Task]] = {}
        self._at_work: Counter[str] = Counter()
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
            while not (allowed := [each for each in self._waiting if self._may_begin(each)]):
                self._changed.wait()
            payers = min(allowed, key=self._time_of)
            tasks = self._waiting[payers]
            task = tasks.popleft()
            if not tasks:
                del self._waiting[payers]
            self._at_work.update(payers)
            return Turn(task, payers, time.monotonic())

    def done(self, turn: Turn[Task]) -> None:
        """Charge the task's time to its payers."""
        with self._changed:
            for payer in turn.payers:
                self._spent[payer] += time.monotonic() - turn.started
            self._at_work -= Counter(turn.payers)
            if not self._waiting and not self._at_work:
                self._spent.clear()
            self._changed.notify()

    def _may_begin(self, payers: Payers) -> bool:
        return all(self._at_work[payer] < self._each for payer in payers)

    def _time_of(self, payers: Payers) -> tuple[float, int]:
        """Return the time these have had; of equals, who has less at work comes first."""
        return (
            max((self._spent[each] for each in payers), default=0.0),
            max((self._at_work[each] for each in payers), default=0),
        )

    def _present(self) -> set[str]:
        return {payer for payers in self._waiting for payer in payers} | set(self._at_work)
