"""Models kept warm: the least recently used leave when there are too many or they are too large."""

import threading
from collections import OrderedDict
from pathlib import Path

from classifier.engine.runtime.predictor import Predictor


class ModelCache:
    """Predictors by the hash of their file, verified when loaded; safe to use from threads.

    Holds at most `max_models` and at most `max_bytes` of model files (a session in memory takes
    about twice its file), but always the one asked for last.
    """

    def __init__(self, max_models: int, max_bytes: int) -> None:
        self._max_models = max_models
        self._max_bytes = max_bytes
        self._models: OrderedDict[str, tuple[Predictor, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._loading: dict[str, threading.Lock] = {}

    def __len__(self) -> int:
        return len(self._models)

    def at_hand(self, sha256: str) -> Predictor | None:
        """Return the predictor that is loaded, None for every other."""
        with self._lock:
            found = self._models.get(sha256)
            if found is None:
                return None
            self._models.move_to_end(sha256)
            return found[0]

    def get(self, path: Path, sha256: str) -> Predictor:
        """Return the predictor of the file; raises `BadModelFile`."""
        if predictor := self.at_hand(sha256):
            return predictor
        with self._lock:
            loading = self._loading.setdefault(sha256, threading.Lock())
        with loading:
            with self._lock:
                if found := self._models.get(sha256):
                    return found[0]
            # One thread a call: the images of all requests share the cores between them.
            predictor = Predictor.load(path, sha256, threads=1)
            with self._lock:
                self._models[sha256] = (predictor, path.stat().st_size)
                self._loading.pop(sha256, None)
                self._shrink()
            return predictor

    def _shrink(self) -> None:
        while len(self._models) > 1 and (
            len(self._models) > self._max_models
            or sum(size for _, size in self._models.values()) > self._max_bytes
        ):
            self._models.popitem(last=False)
