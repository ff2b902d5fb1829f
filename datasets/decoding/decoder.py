"""The parent's side of a decoding process."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from datasets.archive.member import Member
from programs.launch import Program

CRASHED = {
    "code": "decoder_crashed",
    "detail": "Decoding this file crashed or took too long, so it was left out. "
    "Save the image again with another program.",
}
PROGRAM = Program(
    module="datasets.decoding.process",
    memory_bytes=3 << 30,
    variables={
        "PYTHONDONTWRITEBYTECODE": "1",
        # NumPy's threads would each take their part of the bounded memory.
        "OPENBLAS_NUM_THREADS": "1",
        # Pixels of one image in the memory of the last: glibc would give it back in between, and
        # fetching it page by page took a seventh of the time. Larger blocks still go back at once.
        "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
        "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
    },
)
_FLUSH_EVERY = 32


@dataclass(frozen=True)
class Places:
    """Where decoders read and write: `staging` is theirs, `store` the storage root."""

    staging: Path
    store: Path
    max_pixels: int

    def as_request(self) -> dict[str, Any]:
        """Return the part that every request shares."""
        return {
            "staging": str(self.staging),
            "store": str(self.store),
            "max_pixels": self.max_pixels,
        }


class Decoder:
    """One decoding process, started again whenever a file has killed it. A context manager.

    An answer is {sha256, width, height, format, bytes, thumbnail_bytes, fingerprint} or {code,
    detail}; the files of accepted images then lie in the staging folder.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Decoder":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def decode_members(self, archive: Path, members: list[Member]) -> Iterator[bytes]:
        """Yield one answer per file of the archive, in order, as a line of JSON."""
        return self._ask({"archive": str(archive)}, "members", [list(m) for m in members])

    def decode_files(self, paths: list[Path]) -> Iterator[dict[str, Any]]:
        """Yield one answer per file, in order."""
        return map(json.loads, self._ask({}, "files", [str(path) for path in paths]))

    def _ask(self, request: dict[str, Any], key: str, items: list[Any]) -> Iterator[bytes]:
        flush_every = _FLUSH_EVERY
        while items:
            request |= self._places.as_request() | {key: items, "flush_every": flush_every}
            answered = 0
            for answer in self._answers(request, len(items)):
                answered += 1
                yield answer
            items = items[answered:]
            if not items:
                return
            self._end()
            # Which file killed it is only known when every answer is flushed: ask again like that.
            # The one that kills a process as its very first file is left out.
            if flush_every == 1 and not answered:
                yield json.dumps(CRASHED).encode() + b"\n"
                items = items[1:]
                flush_every = _FLUSH_EVERY
            else:
                flush_every = 1

    def _answers(self, request: dict[str, Any], count: int) -> Iterator[bytes]:
        """Yield up to `count` answers; fewer when the process died."""
        process = self._process = self._process or PROGRAM.start(
            stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        requests, answers = cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)
        with suppress(BrokenPipeError):
            requests.write(json.dumps(request).encode() + b"\n")
            requests.flush()
        for _ in range(count):
            line = answers.readline()
            if not line.endswith(b"\n"):
                return
            yield line

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()
