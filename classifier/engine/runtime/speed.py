"""How long a model file takes for one image."""

import statistics
import time
from collections.abc import Sequence

from classifier.engine.runtime.predictor import Predictor
from classifier.engine.samples import Pixels

_IMAGES_PER_TURN = 12


def milliseconds(
    files: Sequence[Predictor], images: Sequence[Pixels], turns: int = 7
) -> list[float]:
    """Return each file's milliseconds of a core for one image: the medians of turns by turns.

    Each file is loaded with ``threads=1``; ``images`` are those of each file, sent one by one.
    """
    chosen = [each[:_IMAGES_PER_TURN] for each in images]
    taken: list[list[float]] = [[] for _ in files]
    for _ in range(turns):
        for predictor, times, own in zip(files, taken, chosen, strict=True):
            started = time.thread_time()
            for image in own:
                predictor.predict(image[None])
            times.append((time.thread_time() - started) * 1000 / len(own))
    return [statistics.median(times) for times in taken]
