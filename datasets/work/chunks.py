"""Decoding an archive's files in chunks, by several processes; a finished chunk is never redone.

Each chunk's answers are kept beside its staged files under the job's checkpoint folder, so an
attempt that follows a lost worker does only the chunks that were lost with it.

    <checkpoint>/<fence>/blobs/…, thumbnails/…   staged files, by the attempt that wrote them
    <checkpoint>/chunks/<number>.json            the answers of a finished chunk
"""

import json
import os
import queue
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from common import storage
from datasets.archive.inspection import Member
from datasets.decoding.decoder import Decoder, Places

Answer = dict[str, Any]
CHUNKS = "chunks"
CHUNK_FILES = 256
MOST_PROCESSES = 8


def staging_folders(checkpoint: Path) -> list[Path]:
    """Return the folders in which attempts of an import have staged files."""
    return [path for path in checkpoint.iterdir() if path.is_dir() and path.name != CHUNKS]


def decoded_contents(checkpoint: Path) -> set[str]:
    """Return the SHA-256 of every accepted file of the chunks that were finished."""
    found = set()
    for path in (checkpoint / CHUNKS).glob("*.json"):
        found |= {
            answer["sha256"] for answer in json.loads(path.read_bytes()) if "sha256" in answer
        }
    return found


def forget_chunks(checkpoint: Path) -> None:
    """Have every chunk decoded again by the next attempt."""
    storage.remove_tree(checkpoint / CHUNKS)


class ChunkedDecoding:
    """All the files of one import. `run()` returns an answer for each, in order."""

    def __init__(
        self, archive: Path, members: Sequence[Member], checkpoint: Path, places: Places
    ) -> None:
        self._archive = archive
        self._checkpoint = checkpoint / CHUNKS
        self._checkpoint.mkdir(parents=True, exist_ok=True)
        self._places = places
        size = max(1, min(CHUNK_FILES, -(-len(members) // (2 * _processors()))))
        self._chunks = [members[start : start + size] for start in range(0, len(members), size)]
        self._answers: list[list[Answer]] = [[] for _ in self._chunks]
        self._waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._events: queue.SimpleQueue[BaseException | int] = queue.SimpleQueue()
        self._stopping = threading.Event()

    def run(self, on_progress: Callable[[int], None]) -> list[Answer]:
        """Decode everything; `on_progress(files done)` is called often and may raise to stop."""
        missing = [number for number in range(len(self._chunks)) if not self._load(number)]
        done = sum(len(answers) for answers in self._answers)
        for number in missing:
            self._waiting.put(number)
        count = min(_processors(), MOST_PROCESSES, len(missing))
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            on_progress(done)
            working = count
            while working:
                event = self._next_event(on_progress, done)
                if isinstance(event, BaseException):
                    raise event
                working -= event == 0
                done += event
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join()
        return [answer for answers in self._answers for answer in answers]

    def _next_event(self, on_progress: Callable[[int], None], done: int) -> BaseException | int:
        while True:
            on_progress(done)
            try:
                return self._events.get(timeout=0.5)
            except queue.Empty:
                continue

    def _work(self) -> None:
        """One thread: drives one decoding process until no chunk waits."""
        try:
            with Decoder(self._places) as decoder:
                while not self._stopping.is_set():
                    try:
                        number = self._waiting.get_nowait()
                    except queue.Empty:
                        break
                    self._decode(decoder, number)
            self._events.put(0)
        except BaseException as error:
            self._events.put(error)

    def _decode(self, decoder: Decoder, number: int) -> None:
        answers = []
        reported = 0
        for answer in decoder.decode_members(self._archive, list(self._chunks[number])):
            answers.append(answer)
            if len(answers) - reported >= 32:
                self._events.put(len(answers) - reported)
                reported = len(answers)
            if self._stopping.is_set():
                return
        storage.write_atomically(
            self._checkpoint / f"{number}.json", [json.dumps(answers).encode()], durable=False
        )
        self._answers[number] = answers
        if len(answers) > reported:
            self._events.put(len(answers) - reported)

    def _load(self, number: int) -> bool:
        path = self._checkpoint / f"{number}.json"
        if not path.is_file():
            return False
        answers = json.loads(path.read_bytes())
        if len(answers) != len(self._chunks[number]):
            return False
        self._answers[number] = answers
        return True


def _processors() -> int:
    return len(os.sched_getaffinity(0))
