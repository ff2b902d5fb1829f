"""The model process's side of a decoding process."""

import fcntl
import logging
import select
import subprocess
import time
from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from msgspec import UNSET, UnsetType

from classifier.engine.runtime.answer import CleanFile, Fault
from classifier.prediction.serving.frames import (
    Header,
    Overdue,
    read_frame,
    write_frame,
)
from common.fit import Fit
from common.pixels import Pixels
from programs.launch import Program

logger = logging.getLogger(__name__)
# A transparent image of 50 megapixels takes 800 MB while it is laid on white.
PROGRAM = Program(module="classifier.prediction.serving.pixels", memory_bytes=2 << 30)
CRASHED = {
    "code": "decoder_crashed",
    "detail": "This file made the image decoder crash or work too long. Save the image again or "
    "take it out.",
}
# Most files and all arrays of pixels pass in one piece.
_PIPE_BYTES = 1 << 20


class ImageReader:
    """One decoding process, started again whenever a file has ended it.

    For one thread, which lives on: the process ends with the thread that started it.
    """

    def __init__(self, program: Program = PROGRAM) -> None:
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process before the first file needs it."""
        if self._process is None or self._process.poll() is not None:
            self._process = self._program.start(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    _widen(pipe.fileno())

    def read(self, file: bytes, size: int, fit: Fit, deadline: float) -> Pixels | Fault:
        """Return the image as (size, size, 3), values 0..255, or what is wrong with it.

        `deadline` is in the seconds of `time.time()`; past it the work ends, raising `Overdue`.
        """
        header, blobs = self._ask({"size": size, "fit": fit}, [file], deadline)
        if not blobs:
            return Fault(code=header["code"], detail=header["detail"])
        return np.frombuffer(blobs[0], dtype=np.uint8).reshape(size, size, 3)

    def read_whole(self, file: bytes, side: int, deadline: float) -> Pixels | Fault:
        """Return the whole image, its longer side of `side` pixels at most; see `read`."""
        header, blobs = self._ask({"side": side}, [file], deadline)
        if not blobs:
            return Fault(code=header["code"], detail=header["detail"])
        shape = header["height"], header["width"], 3
        return np.frombuffer(blobs[0], dtype=np.uint8).reshape(shape)

    def clean(self, file: bytes, deadline: float) -> CleanFile | UnsetType:
        """Return the file without its metadata, unset where that cannot be had; see `read`."""
        header, blobs = self._ask({"clean": True}, [file], deadline)
        if not blobs:
            logger.warning("an image that was answered cannot be kept: %s", header["detail"])
            return UNSET
        content, thumbnail = (b64encode(blob).decode() for blob in blobs)
        return CleanFile(**header, bytes=len(blobs[0]), content=content, thumbnail=thumbnail)

    def count_pixels(self, files: Sequence[bytes], deadline: float) -> int:
        """Return how many pixels the files have in all, by their headers; nothing is decoded."""
        header, _ = self._ask({}, files, deadline)
        return int(header.get("pixels", 0))

    def _ask(
        self, header: Header, files: Sequence[bytes], deadline: float
    ) -> tuple[Header, list[bytes]]:
        self.start()
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise RuntimeError("the decoding process has no pipes")
        try:
            write_frame(process.stdin, header, files)
            if not select.select([process.stdout], [], [], max(0.0, deadline - time.time()))[0]:
                self._end()
                raise Overdue
            answer = read_frame(process.stdout)
        except BrokenPipeError:
            answer = None
        if answer is None:
            self._end()
            return dict(CRASHED), []
        return answer

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


def _widen(pipe: int) -> None:
    # The kernel's allowance for this user may be used up: it works as well, slower.
    with suppress(OSError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
