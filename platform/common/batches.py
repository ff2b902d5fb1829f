"""Work that comes from many requests at a time, done together in one thread."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batches(Generic[Item, Result]):
    """Hands over whatever has come in while the last batch was at work.

    So one round trip serves all who wait, and who comes alone waits for no one. `work` gets the
    items in the order in which they came, and returns a result or an exception for each.
    """

    def __init__(
        self, name: str, work: Callable[[Sequence[Item]], Sequence[Result | Exception]], most: int
    ) -> None:
        self._work = work
        self._most = most
        self._waiting: SimpleQueue[tuple[Item, Future[Result]]] = SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def ask(self, item: Item) -> "Future[Result]":
        """Return what will hold the item's result, or raise its exception."""
        result: Future[Result] = Future()
        self._waiting.put((item, result))
        return result

    def _run(self) -> None:
        while True:
            batch = [self._waiting.get()]
            while len(batch) < self._most and not self._waiting.empty():
                batch.append(self._waiting.get())
            # Who has given up meanwhile is left out.
            batch = [each for each in batch if each[1].set_running_or_notify_cancel()]
            if batch:
                self._do(batch)

    def _do(self, batch: "list[tuple[Item, Future[Result]]]") -> None:
        results: Sequence[Result | Exception]
        try:
            results = self._work([item for item, _ in batch])
            if len(results) != len(batch):
                raise RuntimeError(f"{len(batch)} items gave {len(results)} results")
        except Exception as error:  # the boundary of this thread: those who wait are told
            results = [error] * len(batch)
        for (_, future), result in zip(batch, results, strict=True):
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
