"""Many contents decoded to pixels, on all cores."""

import fcntl
import math
import mmap
import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.fit import Fit
from datasets.decoding.pixels.decoder import PROGRAM, PixelDecoder
from datasets.decoding.pixels.messages import MAX_FILES, Faults, Pixels
from programs.launch import Program
from storage import durable

# A reader of blocks has twice as much in memory: the one at work, and the next.
BLOCK_BYTES = 32 << 20
BLOCK_IMAGES = 1024

Work = list[Future[Faults]]


@dataclass(frozen=True)
class Block:
    """Some contents and their pixels (n, size, size, 3), uint8, in the same order.

    `faults` says of each content that cannot be decoded why; its pixels are zeros.
    """

    contents: Sequence[str]
    pixels: Pixels
    faults: Faults

    def readable(self) -> tuple[list[str], Pixels]:
        """Return the contents that could be decoded, and their pixels."""
        if not self.faults:
            return list(self.contents), self.pixels
        kept = [place for place, name in enumerate(self.contents) if name not in self.faults]
        return [self.contents[place] for place in kept], self.pixels[kept]


class PixelDecoders:
    """Decodes contents on as many processes as cores, which start when needed. A context manager.

    They have no network, no secret, and of all files only those that they decode.
    """

    def __init__(
        self,
        locate: Callable[[str], Path] = durable.local_blob,
        program: Program = PROGRAM,
        processes: int | None = None,
    ) -> None:
        """`locate` says where the file of a content (SHA-256) lies; threads call it.

        There are as many `processes` as cores where nothing else is said.
        """
        self._locate = locate
        self._program = program
        self._own = threading.local()
        self._decoders: list[PixelDecoder] = []
        count = processes or len(os.sched_getaffinity(0))
        self._threads = ThreadPoolExecutor(count, "decoder")

    def __enter__(self) -> "PixelDecoders":
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        for decoder in self._decoders:
            decoder.end()

    def blocks(
        self,
        contents: Sequence[str],
        size: int,
        fit: Fit,
        multiple_of: int = 1,
        most: int = BLOCK_IMAGES,
    ) -> Generator[Block, None, None]:
        """Yield every content once, in order, in blocks of up to 32 MiB and `most` images.

        All but the last are a multiple of so many images. The next block is decoded while the
        caller works on one; the memory of a block is freed with its pixels.
        """
        length = min(most, block_images(size))
        length = max(multiple_of, length // multiple_of * multiple_of)
        ahead: deque[_Ahead] = deque()
        try:
            for start in range(0, len(contents), length):
                ahead.append(_Ahead(self, contents[start : start + length], size, fit))
                if len(ahead) > 1:
                    yield ahead.popleft().block()
            while ahead:
                yield ahead.popleft().block()
        finally:
            for each in ahead:
                each.stop()

    def decode(
        self,
        contents: Sequence[str],
        size: int,
        fit: Fit,
        output: int,
        on_progress: Callable[[int], None] = lambda done: None,
    ) -> Faults:
        """Write the pixels of the contents into the open file `output`, one row after another.

        Return why, by content, where one cannot be decoded: its row stays as it is.
        `on_progress(done)` is called after every few; what it raises ends the work.
        """
        work = self.begin(contents, size, fit, output)
        try:
            return _faults(work, lambda parts: on_progress(min(parts * MAX_FILES, len(contents))))
        finally:
            _stop(work)

    def begin(self, contents: Sequence[str], size: int, fit: Fit, output: int) -> Work:
        """Begin what `decode` does; `output` must stay open until all parts have ended."""
        return [
            self._threads.submit(
                self._part, contents[row : row + MAX_FILES], size, fit, output, row
            )
            for row in range(0, len(contents), MAX_FILES)
        ]

    def _part(self, contents: Sequence[str], size: int, fit: Fit, output: int, row: int) -> Faults:
        # A process ends with the thread that started it, so each thread has its own.
        decoder = getattr(self._own, "decoder", None)
        if decoder is None:
            decoder = self._own.decoder = PixelDecoder(self._locate, self._program)
            self._decoders.append(decoder)
        return decoder.decode(contents, size, fit, output, row)


def block_images(size: int) -> int:
    """Return how many squares of `size` pixels a side a block has at most."""
    return max(1, min(BLOCK_IMAGES, BLOCK_BYTES // (size * size * 3)))


class _Ahead:
    """A block that is being decoded into memory that the processes share."""

    def __init__(
        self, decoders: PixelDecoders, contents: Sequence[str], size: int, fit: Fit
    ) -> None:
        self._contents = contents
        self._shape = (len(contents), size, size, 3)
        self._file = os.memfd_create("pixels", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.truncate(self._file, math.prod(self._shape))
        # A decoder that was taken over can neither cut it short under the reader nor grow it.
        fcntl.fcntl(self._file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
        self._work = decoders.begin(contents, size, fit, self._file)

    def block(self) -> Block:
        """Wait for the block and return it."""
        try:
            faults = _faults(self._work)
            memory = mmap.mmap(self._file, math.prod(self._shape))
        finally:
            self.stop()
        pixels = np.frombuffer(memory, np.uint8).reshape(self._shape)
        return Block(self._contents, pixels, faults)

    def stop(self) -> None:
        """Begin no more of the work, wait for what is under way and let go of the memory."""
        _stop(self._work)
        os.close(self._file)


def _faults(work: Work, on_part: Callable[[int], None] = lambda parts: None) -> Faults:
    faults: Faults = {}
    for number, part in enumerate(work, start=1):
        faults |= part.result()
        on_part(number)
    return faults


def _stop(work: Work) -> None:
    for part in work:
        part.cancel()
    # What still runs writes to a file that the caller is about to close.
    wait(work)
