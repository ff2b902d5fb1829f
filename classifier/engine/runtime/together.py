"""Together: calls that wait for a network run in one batch."""

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future

import numpy as np

from classifier.engine.runtime.head_predictor import Answering
from classifier.engine.runtime.predictor import Probabilities, Vectors
from classifier.engine.samples import Pixels

MOST_IMAGES = 64


class Together:
    """A network that takes what waits for it in one batch, as a GPU is best asked.

    One batch runs at a time; who comes meanwhile goes into the next, and who comes alone waits for
    no one. What a batch raises, all of it raise. Safe to call from several threads.
    """

    def __init__(self, network: Answering, most: int = MOST_IMAGES) -> None:
        self._network = network
        self._most = most
        self._running = threading.Lock()
        self._waiting: deque[tuple[Pixels, Future[Probabilities]]] = deque()
        self.class_names = network.class_names
        self.views = network.views
        self.has_vectors = network.has_vectors

    def predict(self, images: Sequence[Pixels] | Pixels) -> Probabilities:
        """Return probabilities (n, classes); see ``Answering``."""
        if not len(images):
            return self._network.predict(images)
        mine: Future[Probabilities] = Future()
        self._waiting.append((np.asarray(images), mine))
        while not mine.done():
            with self._running:
                # Who held it before may have taken this one along.
                if not mine.done():
                    self._run()
        return mine.result()

    def predict_with_vectors(self, images: Pixels) -> tuple[Probabilities, Vectors]:
        """Return the same and vectors (n, width), of these images alone."""
        with self._running:
            return self._network.predict_with_vectors(images)

    def _run(self) -> None:
        """Run the first that wait, up to ``most`` images, and at least one of the calls."""
        batch = [self._waiting.popleft()]
        count = len(batch[0][0])
        while self._waiting and count + len(self._waiting[0][0]) <= self._most:
            batch.append(self._waiting.popleft())
            count += len(batch[-1][0])
        try:
            answers = self._network.predict(np.concatenate([images for images, _ in batch]))
        except Exception as error:  # a boundary: each caller raises it
            for _, result in batch:
                result.set_exception(error)
            return
        done = 0
        for images, result in batch:
            result.set_result(answers[done : done + len(images)])
            done += len(images)
