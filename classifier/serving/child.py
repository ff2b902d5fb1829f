"""The model process: decodes images and runs models, one task per image, on as many threads as cores.

Started by `ModelProcess`; reads requests from standard input until that closes, writes an answer
for each to standard output, in whatever order they are done. Knows no Django, no database, no
secret. A bad image costs its own answer; whatever kills the process is repaired by the server.
"""

import os
import resource
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from classifier.engine.errors import EngineError
from classifier.engine.images import read_pixels
from classifier.engine.inference import Predictor
from classifier.serving.frames import Header, read_frame, write_frame
from classifier.serving.model_cache import ModelCache
from common.imaging import ImageRejected
from common.parent_death import die_with_parent

# A 50-megapixel photograph takes up to 450 MB while it is turned, on each of the threads; sessions
# and libraries map about 2 GB of addresses before the first image.
MEMORY_LIMIT_BYTES = 6 << 30
MAX_THREADS = 8
MAX_MODELS = 8
MAX_MODEL_BYTES = 1 << 30


class Child:
    """Answers requests `{id, path, sha256, top_k}` with image files as blobs."""

    def __init__(self, output: BinaryIO) -> None:
        self._output = output
        self._writing = threading.Lock()
        self._models = ModelCache(MAX_MODELS, MAX_MODEL_BYTES)
        # Requests wait for their images on threads of their own, images share the cores.
        self._requests = ThreadPoolExecutor(32, "request")
        cores = len(os.sched_getaffinity(0))
        self._images = ThreadPoolExecutor(min(cores, MAX_THREADS), "image")

    def serve(self, requests: BinaryIO) -> None:
        """Answer until the other side closes the pipe."""
        while (frame := read_frame(requests)) is not None:
            self._requests.submit(self._answer, *frame)

    def _answer(self, header: Header, files: list[bytes]) -> None:
        answer = {"id": header["id"], "started_at": time.time()}
        try:
            answer |= self._predict(header, files)
        except EngineError as error:
            answer["error"] = {"code": error.code, "detail": error.detail, "hint": error.hint}
        except Exception as error:  # the boundary: the server logs it and answers in general words
            answer["error"] = {"code": "internal", "detail": repr(error), "hint": ""}
        with self._writing:
            write_frame(self._output, answer)

    def _predict(self, header: Header, files: list[bytes]) -> Header:
        predictor = self._models.get(Path(header["path"]), header["sha256"])
        tasks: list[Future[Header]] = [
            self._images.submit(self._one, predictor, file, header["top_k"]) for file in files
        ]
        images = [task.result() for task in tasks]
        return {
            "images": images,
            "decode_ms": sum(image.pop("decode_ms") for image in images),
            "inference_ms": sum(image.pop("inference_ms") for image in images),
        }

    def _one(self, predictor: Predictor, file: bytes, top_k: int) -> dict[str, Any]:
        started = time.perf_counter()
        try:
            pixels = read_pixels(file, predictor.image_size)
        except ImageRejected as error:
            return _refused(error.code, str(error), started)
        except MemoryError:
            return _refused(
                "too_much_memory", "The image takes more memory to decode than allowed.", started
            )
        decoded = time.perf_counter()
        probabilities = predictor.predict([pixels])[0]
        done = time.perf_counter()
        best = np.argsort(-probabilities, kind="stable")[:top_k]
        return {
            "classes": [
                {
                    "class_name": predictor.class_names[index],
                    "probability": float(probabilities[index]),
                }
                for index in best
            ],
            "decode_ms": (decoded - started) * 1000,
            "inference_ms": (done - decoded) * 1000,
        }


def _refused(code: str, detail: str, started: float) -> Header:
    spent = (time.perf_counter() - started) * 1000
    return {"code": code, "detail": detail, "decode_ms": spent, "inference_ms": 0.0}


def main() -> None:
    """Limit this process, then serve on the pipes it was given."""
    die_with_parent()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Whatever a library prints must not get between the frames.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    Child(output).serve(sys.stdin.buffer)
    os._exit(0)


if __name__ == "__main__":
    main()
