"""Decoding chunks of an import in several processes, beside other jobs that do the same."""

import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from datasets.decoding.decoder import Decoder, Places
from datasets.models import Import
from datasets.work.chunks import ChunkFiles
from jobs.models import Job
from jobs.services.chunks import end_chunk, take_chunk
from storage import durable

logger = logging.getLogger(__name__)
TICK_SECONDS = 0.5
RECONNECT_SECONDS = 1.0
_REPORT_EVERY = 32
Answered = TypeVar("Answered")


class Crew:
    """The processes of one job that take chunks, one after the other, until none can be had."""

    def __init__(self, source: Import, job: Job, archive: Path, files: ChunkFiles) -> None:
        self._source, self._job, self._archive, self._files = source, job, archive, files
        self._places = Places(
            staging=files.checkpoint / f"{job.pk}-{job.fence}",
            store=durable.known_folder(),
            max_pixels=settings.IMAGE_MAX_PIXELS,
        )
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._wanted = self._active = 0
        self._stopping = threading.Event()
        self._faults: queue.SimpleQueue[BaseException] = queue.SimpleQueue()
        self._under_way: dict[int, int] = {}
        self.chunks_done = 0

    def under_way(self, done: set[int]) -> int:
        """Return how many files of chunks that are not in `done` have been decoded here."""
        with self._lock:
            return sum(files for number, files in self._under_way.items() if number not in done)

    def work(self, on_tick: Callable[[], int]) -> None:
        """Decode until no chunk is free; `on_tick()` says how many processes shall do so.

        It is called twice a second and may raise to stop; a process ends with its chunk.
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
        """One thread: drives one decoding process, chunk after chunk."""
        try:
            with Decoder(self._places) as decoder:
                while not self._stopping.is_set() and (number := self._next()) is not None:
                    self._decode(decoder, number)
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

    def _decode(self, decoder: Decoder, number: int) -> None:
        lines = []
        for line in decoder.decode_members(self._archive, self._files.members(number)):
            lines.append(line)
            if len(lines) % _REPORT_EVERY == 0:
                self._note(number, len(lines))
            if self._stopping.is_set():
                return
        self._files.store(number, lines)
        self._note(number, len(lines))
        if self.patiently(lambda: end_chunk(source=self._source, job=self._job, number=number)):
            self.chunks_done += 1

    def _note(self, number: int, files: int) -> None:
        with self._lock:
            self._under_way[number] = files

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


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))
