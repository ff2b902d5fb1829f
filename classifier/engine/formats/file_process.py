"""The parent's side of the process that runs an exported file."""

import json
import signal
import struct
import subprocess
from pathlib import Path
from typing import IO, Self, cast

import numpy as np
import numpy.typing as npt

from classifier.engine.errors import EngineError, ExportFailed, OutOfMemory
from classifier.engine.formats.run_file import ANSWER, HEADER, TIME
from classifier.engine.samples import Pixels
from programs.launch import Program

# TensorFlow reads the processor's features in /proc.
PROGRAM = Program(
    module="classifier.engine.formats.run_file",
    sees_processes=True,
    inherits=("HOME", "TMPDIR", "LD_LIBRARY_PATH"),
    variables={"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"},
)
_SECONDS_TO_END = 5


class FileProcess:
    """An exported file that answers in a process of its own, until the block ends.

    ``shape`` is that of one image's pixels, ``classes`` how many probabilities it gets. With
    ``one_core`` its milliseconds can be compared with those of other formats.
    """

    def __init__(
        self,
        path: Path,
        shape: tuple[int, ...],
        classes: int,
        program: Program = PROGRAM,
        *,
        one_core: bool = False,
    ) -> None:
        self._name = path.name
        self._classes = classes
        self._process = program.start(
            json.dumps({"path": str(path.resolve()), "shape": shape, "one_core": one_core}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def predict(self, images: Pixels) -> npt.NDArray[np.float32]:
        """Return probabilities (n, classes).

        Raises ExportFailed where the file cannot be run, OutOfMemory where its process was killed.
        """
        content = self._asked(ANSWER, images, 4 * len(images) * self._classes)
        return np.frombuffer(content, "<f4").reshape(len(images), self._classes)

    def milliseconds(self, images: Pixels) -> float:
        """Return how long one of these takes, by the clock; raises as ``predict`` does."""
        (found,) = struct.unpack("<d", self._asked(TIME, images, 8))
        return float(found)

    def _asked(self, what: int, images: Pixels, size: int) -> bytes:
        stdin, stdout = (
            cast(IO[bytes], each) for each in (self._process.stdin, self._process.stdout)
        )
        try:
            stdin.write(HEADER.pack(what, len(images)) + images.tobytes())
            stdin.flush()
            content = stdout.read(size)
        except BrokenPipeError:
            content = b""
        if len(content) != size:
            raise self._failure()
        return content

    def _failure(self) -> EngineError:
        """Return why there is no answer: the process has ended, or is about to."""
        try:
            ended = self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            ended = 0
        # Nothing else kills it but the kernel, which wants its memory back.
        if ended == -signal.SIGKILL:
            return OutOfMemory(
                f"{self._name} was written, but to run it took more memory than this worker has.",
                "Use a worker with more memory.",
            )
        return ExportFailed(f"{self._name} was written, but cannot be run.")
