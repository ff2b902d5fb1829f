"""Predictor: a registered model served by ONNX Runtime; no TensorFlow."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from classifier.engine.errors import BadModelFile
from classifier.engine.runtime.views import View, Views, parted, shape_of
from classifier.engine.samples import Pixels, Rows
from common.fit import stored_fit

Probabilities = npt.NDArray[np.float32]
Vectors = npt.NDArray[np.float32]
Progress = Callable[[int, int], None]

# The outputs of a model file: answers first; a file of a backbone and a head has vectors too.
ANSWERS = "probabilities"
VECTORS = "vector"
# Of an ensemble's file: what each member answers (n, members, classes).
MEMBERS = "members"

CPU = "CPUExecutionProvider"
# Loupe is trained and checked in float32: a GPU must not round products to ten bits.
_GPU = ("CUDAExecutionProvider", {"use_tf32": "0"})
Provider = str | tuple[str, dict[str, str]]

# A core works alone on small batches: on two cores EfficientNet-Lite0 embeds 211 images a second by
# fours on a thread each, and 165 by eights that both threads share. Larger ones leave the cache.
_CPU_BATCH = 4
# What is asked for at a time of each thread, so that the threads seldom wait for each other.
_ROUND = 4


class Predictor:
    """A model file in memory, ready to answer. Safe to call from several threads.

    ``views`` are the squares of an image that go in.
    """

    def __init__(
        self,
        session: ort.InferenceSession,
        class_names: tuple[str, ...],
        views: Views,
        threads: int,
    ) -> None:
        self._session = session
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, "predictor")
        self.on_gpu = session.get_providers()[0] != CPU
        self._inputs = [each.name for each in session.get_inputs()]
        self._outputs = [output.name for output in session.get_outputs()]
        self.has_vectors = self._outputs[1:] == [VECTORS]
        self.class_names = class_names
        self.views = views

    @classmethod
    def load(
        cls, path: Path, expected_sha256: str | None = None, *, threads: int | None = None
    ) -> "Predictor":
        """Read ``path`` (``model.onnx``), verify it, and make it ready.

        ``threads`` is how many cores one call uses (default: all that this process may use).
        Raises BadModelFile where the file is missing or cannot be read, its hash differs (also by
        one bit), or Loupe's own metadata is missing.
        """
        return cls.of(read_verified(path, expected_sha256), threads=threads)

    @classmethod
    def of(
        cls, content: bytes, *, threads: int | None = None, providers: Sequence[Provider] = (CPU,)
    ) -> "Predictor":
        """Return the predictor of a file's content, on the first provider that works; see ``load``.

        On another than the CPU a call is one batch, whatever its size.
        """
        session = open_session(content, providers)
        facts = session.get_modelmeta().custom_metadata_map.get("loupe")
        if facts is None:
            raise BadModelFile("The model file carries no class names: Loupe did not write it.")
        values: dict[str, Any] = json.loads(facts)
        threads = threads or len(os.sched_getaffinity(0))
        squares = values.get("views") or [values]
        views = tuple(View(int(each["image_size"]), stored_fit(each)) for each in squares)
        return cls(session, tuple(values["class_names"]), views, threads)

    def predict(self, images: Sequence[Pixels] | Pixels) -> Probabilities:
        """Return probabilities (n, classes) of images, uint8 RGB, as ``views.joined`` has them.

        Raises ValueError for other shapes or types.
        """
        if not len(images):
            return np.empty((0, len(self.class_names)), dtype=np.float32)
        batch = images if isinstance(images, np.ndarray) else np.stack(images)
        return self._run(batch, self._outputs[:1])[0]

    def predict_with_vectors(self, images: Pixels) -> tuple[Probabilities, Vectors]:
        """Return probabilities (n, classes) and vectors (n, width) of a file that has both.

        Raises ValueError for a file without vectors, other shapes or types.
        """
        if not self.has_vectors:
            raise ValueError(f"The model file gives {self._outputs}, no vectors.")
        answers, vectors = self._run(images, self._outputs)
        return answers, vectors

    def predict_with_members(self, images: Pixels) -> tuple[Probabilities, Probabilities]:
        """Return probabilities (n, classes), and an ensemble's members' (n, members, classes).

        Raises ValueError for a file that is no ensemble's, other shapes or types.
        """
        if self._outputs[1:] != [MEMBERS]:
            raise ValueError(f"The model file gives {self._outputs}, no members.")
        answers, members = self._run(images, self._outputs)
        return answers, members

    def _run(self, batch: Pixels, outputs: list[str]) -> list[npt.NDArray[np.float32]]:
        wanted = shape_of(self.views)
        if batch.dtype != np.uint8 or batch.shape[1:] != wanted:
            raise ValueError(
                f"Images must be uint8 {wanted}; received {batch.dtype} {batch.shape[1:]}."
            )

        size = len(batch) if self.on_gpu else _CPU_BATCH

        def run(start: int) -> list[npt.NDArray[np.float32]]:
            part = batch[start : start + size]
            feed = dict(zip(self._inputs, parted(part, self.views), strict=True))
            answers: list[npt.NDArray[np.float32]] = self._session.run(outputs, feed)
            return answers

        starts = range(0, len(batch), size)
        at_once = len(starts) > 1 and self._threads > 1
        parts = list(self._pool.map(run, starts) if at_once else map(run, starts))
        return [np.concatenate(part) for part in zip(*parts, strict=True)]

    def predict_rows(self, rows: Rows, progress: Progress) -> Probabilities:
        """Return probabilities (n, classes) of all the images.

        ``progress(done, total)`` is called after every few; what it raises (Cancelled, for one)
        ends the work.
        """
        answers = [self.predict(pixels) for pixels in self._batches(rows, progress)]
        return np.concatenate(answers) if answers else self.predict([])

    def predict_rows_with_members(
        self, rows: Rows, progress: Progress
    ) -> tuple[Probabilities, Probabilities]:
        """Return of one image or more what ``predict_with_members`` does; see ``predict_rows``."""
        found = list(self.each_with_members(rows, progress))
        answers, members = (np.concatenate(part) for part in zip(*found, strict=True))
        return answers, members

    def each_with_members(
        self, rows: Rows, progress: Progress
    ) -> Iterator[tuple[Probabilities, Probabilities]]:
        """Yield what ``predict_with_members`` returns, of a few images at a time, in order."""
        for pixels in self._batches(rows, progress):
            yield self.predict_with_members(pixels)

    def _batches(self, rows: Rows, progress: Progress) -> Iterator[Pixels]:
        done = 0
        for pixels in rows.batches(np.arange(len(rows)), _CPU_BATCH * _ROUND * self._threads):
            yield pixels
            done += len(pixels)
            progress(done, len(rows))


def read_verified(path: Path, expected_sha256: str | None) -> bytes:
    """Return a model file's content; raises BadModelFile where it is not what it must be."""
    content = _content(path)
    if expected_sha256 is not None:
        received = hashlib.sha256(content).hexdigest()
        if received != expected_sha256:
            raise BadModelFile(
                f"The model file must have the SHA-256 {expected_sha256}; it has {received}.",
                "The file was changed after its registration; restore it from a backup.",
            )
    return content


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BadModelFile(
            "The model file is missing.", "Restore it in the data folder from a backup."
        ) from error
    except OSError as error:
        # The error's own words would name a path of the server.
        raise BadModelFile(
            f"The model file cannot be read: {error.strerror}.",
            "Look at the data folder's disk and permissions.",
        ) from error


def providers_here() -> tuple[Provider, ...]:
    """Return what a session of this process may run on, best first.

    A GPU where the process was given one and this ONNX Runtime was built for it.
    """
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    return (_GPU, CPU) if given and _GPU[0] in ort.get_available_providers() else (CPU,)


def open_session(content: bytes, providers: Sequence[Provider] = (CPU,)) -> ort.InferenceSession:
    """Return a session that works on the caller's thread alone; raises BadModelFile."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(content, options, providers=list(providers))
    except Exception as error:  # ONNX Runtime's exceptions share no public base class
        raise BadModelFile("The model file is damaged or not an ONNX model.") from error
