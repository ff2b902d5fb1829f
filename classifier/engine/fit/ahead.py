"""Reading ahead: the next batches are made in a thread while the device works on this one."""

from collections.abc import Iterator
from queue import Empty, Queue
from threading import Event, Thread
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
_AHEAD = 2
_POLL_SECONDS = 0.05


class Ahead(Generic[Item]):
    """An iterator whose items a thread makes, two ahead of the reader; ``close`` ends the thread.

    What the items raise is raised to the reader, in its turn.
    """

    def __init__(self, items: Iterator[Item]) -> None:
        self._items = items
        self._made: Queue[Any] = Queue(_AHEAD)
        self._closed = Event()
        self._thread = Thread(target=self._make, name="batches ahead", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Item]:
        while (made := self._made.get()) is not None:
            if isinstance(made, _Raised):
                raise made.error
            yield made

    def close(self) -> None:
        """End the thread, whatever is still unread."""
        self._closed.set()
        while self._thread.is_alive():
            self._drain()
            self._thread.join(_POLL_SECONDS)

    def _make(self) -> None:
        try:
            for item in self._items:
                if self._closed.is_set():
                    break
                self._made.put(item)
            self._made.put(None)
        except BaseException as error:
            self._made.put(_Raised(error))

    def _drain(self) -> None:
        try:
            while True:
                self._made.get_nowait()
        except Empty:
            return


class _Raised:
    def __init__(self, error: BaseException) -> None:
        self.error = error
