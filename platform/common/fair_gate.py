"""A bounded number of places that are shared fairly among those who ask for them."""

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager


class FairGate:
    """`places` in all, at most `share` of them for one key; who has fewer comes first.

    Safe to use from threads and from an event loop: `ask` returns at once.
    """

    def __init__(self, places: int, share: int | None = None) -> None:
        self._lock = threading.Lock()
        self._free = places
        self._share = share or places
        self._held: Counter[str] = Counter()
        self._waiting: dict[str, deque[Future[None]]] = {}

    def ask(self, key: str) -> "Future[None]":
        """Return what is done when `key` has a place; then `leave` or `give_up` must follow."""
        place: Future[None] = Future()
        with self._lock:
            self._waiting.setdefault(key, deque()).append(place)
            granted = self._grant()
        _tell(granted)
        return place

    def leave(self, key: str) -> None:
        """Give a place back."""
        with self._lock:
            self._free += 1
            self._held[key] -= 1
            if not self._held[key]:
                del self._held[key]
            granted = self._grant()
        _tell(granted)

    def give_up(self, key: str, place: "Future[None]") -> None:
        """Wait no longer; a place that was given in this moment goes to the next."""
        if not place.cancel():
            self.leave(key)

    async def enter(self, key: str, seconds: float) -> None:
        """Wait for a place in an event loop; `leave` must follow.

        Raises `TimeoutError` where none is free for `seconds`.
        """
        place = self.ask(key)
        if place.done():
            return
        try:
            async with asyncio.timeout(seconds):
                await asyncio.wrap_future(place)
        except BaseException:
            self.give_up(key, place)
            raise

    @contextmanager
    def entered(self, key: str, seconds: float) -> Iterator[None]:
        """Hold a place in this block; raises `TimeoutError` where none is free for `seconds`."""
        place = self.ask(key)
        try:
            place.result(seconds)
        except TimeoutError:
            self.give_up(key, place)
            raise
        try:
            yield
        finally:
            self.leave(key)

    def _grant(self) -> "list[Future[None]]":
        """Take out of the queues who has a place now."""
        granted = []
        while self._free:
            keys = [key for key in self._waiting if self._held[key] < self._share]
            if not keys:
                break
            # Of equals, who was served longest ago.
            key = min(keys, key=lambda each: self._held[each])
            queue = self._waiting.pop(key)
            place = queue.popleft()
            if queue:
                self._waiting[key] = queue
            if place.set_running_or_notify_cancel():
                self._free -= 1
                self._held[key] += 1
                granted.append(place)
        return granted


def _tell(granted: "list[Future[None]]") -> None:
    for place in granted:
        place.set_result(None)
