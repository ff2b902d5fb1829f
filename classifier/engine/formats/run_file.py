"""A program that answers from an exported file: `python -m classifier.engine.formats.run_file`.

Its last argument is JSON: the file's `path`, the `shape` of one image, and whether it calculates
on `one_core` (`open_file`). On stdin come requests: two little-endian int32, what is asked and how
many images, then their pixels. `ANSWER` gets their probabilities (float32), `TIME` the milliseconds
that one takes (float64).
"""

import json
import math
import os
import statistics
import struct
import sys
import time
from pathlib import Path
from typing import IO

import numpy as np

from classifier.engine.formats.runners import Runner, open_file
from classifier.engine.samples import Pixels

HEADER = struct.Struct("<ii")
ANSWER, TIME = range(2)
_TURNS = 3


def main() -> None:
    """Answer until stdin ends."""
    # What libraries print must not stand among the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    request = json.loads(sys.argv[-1])
    run = open_file(Path(request["path"]), one_core=request["one_core"])
    while header := sys.stdin.buffer.read(HEADER.size):
        asked, count = HEADER.unpack(header)
        images = _images(sys.stdin.buffer, count, tuple(request["shape"]))
        if asked == TIME:
            answers.write(struct.pack("<d", milliseconds(run, images)))
        else:
            answers.write(np.ascontiguousarray(run(images), "<f4").tobytes())
        answers.flush()


def milliseconds(run: Runner, images: Pixels) -> float:
    """Return how long one image takes, by the clock: the median of single calls."""
    run(images[:1])
    taken = []
    for _ in range(_TURNS):
        for image in images:
            started = time.perf_counter()
            run(image[None])
            taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken)


def _images(stream: IO[bytes], count: int, shape: tuple[int, ...]) -> Pixels:
    content = stream.read(count * math.prod(shape))
    return np.frombuffer(content, np.uint8).reshape(count, *shape)


if __name__ == "__main__":
    main()
