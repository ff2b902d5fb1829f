"""The chunks of an import on disk: what is in each, and the answers of those that are finished.

Everything lies under the checkpoint folder of the import's job, which all its attempts, and the
jobs that help it, share: a chunk that is finished is never redone.

    <checkpoint>/<who>/blobs/…, thumbnails/…   staged files, by the attempt that wrote them
    <checkpoint>/chunks/members.json           the files of every chunk
    <checkpoint>/chunks/leader                 which attempt collects the answers
    <checkpoint>/chunks/<number>.jsonl         the answers of a finished chunk, one a line
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from datasets.archive.member import Member
from datasets.selectors.coming_images import CHUNKS
from jobs.models import Job
from storage import scratch
from storage.atomic import write_atomically

Answer = dict[str, Any]
CHUNK_FILES = 256
_LEADER = "leader"
# However few files there are, several processes shall find something to do.
LEAST_CHUNKS = 16


class ChunkFiles:
    """The chunks of one import, by their number from 0 on."""

    def __init__(self, checkpoint: Path) -> None:
        self.checkpoint = checkpoint
        self._folder = checkpoint / CHUNKS
        self._chunks: list[list[Member]] = []

    def lay_out(self, members: Sequence[Member]) -> int:
        """Divide the files into chunks, the same for every attempt; return how many there are.

        Another layout (the limits have changed meanwhile) makes what was finished worthless.
        """
        size = max(1, min(CHUNK_FILES, -(-len(members) // LEAST_CHUNKS)))
        chunks = [members[start : start + size] for start in range(0, len(members), size)]
        layout = json.dumps(chunks).encode()
        path = self._folder / "members.json"
        if not path.is_file() or path.read_bytes() != layout:
            forget_chunks(self.checkpoint)
            write_atomically(path, [layout], durable=False)
        self._chunks = [list(chunk) for chunk in chunks]
        return len(chunks)

    def lead(self, job: Job) -> None:
        """Note which attempt of the import collects the answers from this folder."""
        write_atomically(self._folder / _LEADER, [_attempt(job).encode()], durable=False)

    def open(self, job: Job) -> None:
        """Read the layout that the attempt of another job has made which `job` is on.

        Raises `FileNotFoundError` where that attempt has its folder on another machine, though an
        earlier one may have had it here.
        """
        if (self._folder / _LEADER).read_text() != _attempt(job):
            raise FileNotFoundError(f"{self._folder} is an earlier attempt's")
        chunks = json.loads((self._folder / "members.json").read_bytes())
        self._chunks = [[Member(*member) for member in chunk] for chunk in chunks]

    def members(self, number: int) -> list[Member]:
        """Return the files of a chunk."""
        return self._chunks[number]

    def store(self, number: int, lines: Sequence[bytes]) -> None:
        """Keep the answers of a finished chunk: one JSON document with its line feed per file."""
        path = self._folder / f"{number}.jsonl"
        write_atomically(path, [b"".join(lines)], durable=False)

    def is_whole(self, number: int) -> bool:
        """Whether an answer for each file of the chunk is kept."""
        path = self._folder / f"{number}.jsonl"
        return path.is_file() and path.read_bytes().count(b"\n") == len(self._chunks[number])

    def answers(self) -> list[Answer]:
        """Return the answers of all chunks, in the order of the files, without fingerprints."""
        found: list[Answer] = []
        for answers in self._by_chunk():
            for answer in answers:
                answer.pop("fingerprint", None)
            found += answers
        return found

    def fingerprints(self) -> Iterator[dict[str, Any]]:
        """Yield the fingerprint of every accepted file, in order: 60,000 at once are 130 MB."""
        for answers in self._by_chunk():
            yield from (answer["fingerprint"] for answer in answers if "fingerprint" in answer)

    def _by_chunk(self) -> Iterator[list[Answer]]:
        for number in range(len(self._chunks)):
            lines = (self._folder / f"{number}.jsonl").read_bytes().splitlines()
            # One document, so that its answers share their keys.
            yield json.loads(b"[" + b",".join(lines) + b"]")


def _attempt(job: Job) -> str:
    """Return what names an attempt: a job that is retried is another, whose fences begin again."""
    return f"{job.pk} {job.fence}"


def forget_chunks(checkpoint: Path) -> None:
    """Have every chunk decoded again by the next attempt."""
    scratch.remove_tree(checkpoint / CHUNKS)
