"""Threads of one job that take chunks, beside other jobs that do the same."""

import logging
import os
import queue
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Any, Generic, TypeVar

from django.db import InterfaceError, OperationalError, connection

from jobs.models import Job
from jobs.services.chunks import take_chunk

logger = logging.getLogger(__name__)
TICK_SECONDS = 0.5
RECONNECT_SECONDS = 1.0
Answered = TypeVar("Answered")
Tool = TypeVar("Tool")


class ChunkCrew(ABC, Generic[Tool]):
    """The threads of one job that take chunks, one after the other, until none can be had.

    A class of crews says what a thread works with, and what it does to a chunk.
    """

    def __init__(self, source: Any, job: Job) -> None:
        """`source` and `job` are as in `jobs.services.chunks`."""
        self._source, self._job = source, job
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._wanted = self._active = 0
        self._stopping = threading.Event()
        self._faults: queue.SimpleQueue[BaseException] = queue.SimpleQueue()
        self._under_way: dict[int, int] = {}
        self.chunks_done = 0

    @abstractmethod
    def open_tool(self) -> AbstractContextManager[Tool]:
        """Return what one thread works with as long as it lives."""

    @abstractmethod
    def do_chunk(self, tool: Tool, number: int) -> bool:
        """Do a chunk to its end; return whether it counts: not where it is another's by now.

        It ends early where the crew `is_stopping`, and tells how far it is by `note`.
        """

    def under_way(self, done: set[int]) -> int:
        """Return how many items of chunks that are not in `done` have been done here."""
        with self._lock:
            return sum(items for number, items in self._under_way.items() if number not in done)

    def work(self, on_tick: Callable[[], int]) -> None:
        """Work until no chunk is free; `on_tick()` says how many threads shall do so.

        It is called twice a second and may raise to stop; a thread ends with its chunk.
        """
        try:
            self._start_threads(on_tick())
            while self._active:
                with suppress(queue.Empty):
                    raise self._faults.get(timeout=TICK_SECONDS)
                self._start_threads(on_tick(), only_if_active=True)
            if not self._faults.empty():
                raise self._faults.get()
        except BaseException:
            self._stopping.set()
            raise
        finally:
            for thread in self._threads:
                thread.join()
            self._threads.clear()

    @property
    def is_stopping(self) -> bool:
        """Whether what is under way shall be left."""
        return self._stopping.is_set()

    def note(self, number: int, items: int) -> None:
        """Tell how many items of a chunk have been done."""
        with self._lock:
            self._under_way[number] = items

    def patiently(self, ask: Callable[[], Answered]) -> Answered:
        """Return the database's answer, however long it is away; the supervisor keeps the lease."""
        while True:
            try:
                return ask()
            except (OperationalError, InterfaceError) as error:
                logger.warning("Postgres does not answer, waiting: %s", error)
                connection.close()
                if self._stopping.is_set():
                    raise
                time.sleep(RECONNECT_SECONDS)

    def _start_threads(self, wanted: int, *, only_if_active: bool = False) -> None:
        with self._lock:
            self._wanted = wanted
            missing = wanted - self._active
            if missing <= 0 or (only_if_active and not self._active):
                return
            self._active += missing
        started = [threading.Thread(target=self._run, daemon=True) for _ in range(missing)]
        self._threads += started
        for thread in started:
            thread.start()

    def _run(self) -> None:
        """One thread: chunk after chunk."""
        try:
            with self.open_tool() as tool:
                while not self._stopping.is_set() and (number := self._next()) is not None:
                    if self.do_chunk(tool, number):
                        with self._lock:
                            self.chunks_done += 1
        except BaseException as error:
            self._faults.put(error)
        finally:
            with self._lock:
                self._active -= 1
            connection.close()

    def _next(self) -> int | None:
        if self._active > self._wanted:
            return None
        return self.patiently(lambda: take_chunk(source=self._source, job=self._job))


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))
