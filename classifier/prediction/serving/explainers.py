"""Explainers at hand in the model process, opened for the first heat-map of a model."""

import threading
import time
from collections import OrderedDict
from pathlib import Path
from weakref import WeakValueDictionary

from classifier.engine.explain.cut import Cut
from classifier.engine.explain.explainer import Explainer, Front
from classifier.engine.runtime.predictor import read_verified
from classifier.prediction.serving.frames import Overdue

MOST = 32
# A session takes about twice its file.
MOST_BYTES = 512 << 20


class Explainers:
    """Explainers by the hash of the model's file: the least recently used leave when there are too
    many, or their networks are too large. Those on one backbone share its session. A model that is
    not explained costs nothing here. Safe to use from threads.
    """

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._found: OrderedDict[str, Explainer] = OrderedDict()
        self._fronts: WeakValueDictionary[str, Front] = WeakValueDictionary()

    def at_hand(self, sha256: str) -> Explainer | None:
        """Return the explainer that is loaded, None for every other."""
        with self._lock:
            found = self._found.get(sha256)
            if found is not None:
                self._found.move_to_end(sha256)
            return found

    def get(self, path: Path, sha256: str, deadline: float) -> Explainer:
        """Return the explainer of the file.

        Raises `BadModelFile`, and `Overdue` where its turn comes after `deadline`.
        """
        # One at a time, so that a backbone is opened once.
        with self._opening:
            if found := self.at_hand(sha256):
                return found
            if time.time() >= deadline:
                raise Overdue
            made = Explainer.of(read_verified(path, sha256), self._front)
            with self._lock:
                self._found[sha256] = made
                while len(self._found) > 1 and self._is_full():
                    self._found.popitem(last=False)
            return made

    def _front(self, parts: Cut) -> Front:
        front = self._fronts.get(parts.front_sha256)
        if front is None:
            front = self._fronts[parts.front_sha256] = Front(parts.front)
        return front

    def _is_full(self) -> bool:
        fronts = {id(each.front): each.front for each in self._found.values() if each.front}
        total = sum(front.bytes for front in fronts.values())
        total += sum(each.tail_bytes for each in self._found.values())
        return len(self._found) > self._most or 2 * total > self._most_bytes
