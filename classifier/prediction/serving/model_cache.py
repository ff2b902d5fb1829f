"""Models kept warm: the least recently used leave when there are too many or they are too large."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from classifier.engine.formats.compose import Parts, take_apart
from classifier.engine.runtime.head_predictor import Answering, HeadPredictor
from classifier.engine.runtime.predictor import Predictor, providers_here, read_verified
from classifier.engine.runtime.together import Together


class _Warm(NamedTuple):
    """A model, the session that it answers with, and the bytes of both."""

    predictor: Answering
    session: str
    session_bytes: int
    own_bytes: int


class ModelCache:
    """Predictors by the hash of their file, verified when loaded; safe to use from threads.

    Models on one backbone share its session: each brings its head. Holds at most `max_sessions`
    and at most `max_bytes` of networks and heads (a session in memory takes about twice its file),
    but always the model asked for last. Calls that wait for a network on a GPU run `together`, also
    those of several heads on one backbone; on processors that gains nothing (docs/adr/0023).
    """

    def __init__(
        self,
        max_sessions: int,
        max_bytes: int,
        together: Callable[[Predictor], bool] = attrgetter("on_gpu"),
    ) -> None:
        self._together = together
        self._max_sessions = max_sessions
        self._max_bytes = max_bytes
        self._models: OrderedDict[str, _Warm] = OrderedDict()
        self._lock = threading.Lock()
        self._loading: dict[str, threading.Lock] = {}
        self._opening = threading.Lock()

    def __len__(self) -> int:
        return len(self._models)

    @property
    def sessions(self) -> int:
        """How many networks are in memory."""
        return len({model.session for model in self._models.values()})

    def at_hand(self, sha256: str) -> Answering | None:
        """Return the predictor that is loaded, None for every other."""
        with self._lock:
            found = self._models.get(sha256)
            if found is None:
                return None
            self._models.move_to_end(sha256)
            return found.predictor

    def get(self, path: Path, sha256: str) -> Answering:
        """Return the predictor of the file; raises `BadModelFile`."""
        if predictor := self.at_hand(sha256):
            return predictor
        with self._lock:
            loading = self._loading.setdefault(sha256, threading.Lock())
        with loading:
            if predictor := self.at_hand(sha256):
                return predictor
            return self._loaded(path, sha256)

    def _loaded(self, path: Path, sha256: str) -> Answering:
        content = read_verified(path, sha256)
        parts = take_apart(content)
        if parts is None:
            # One thread a call: the images of all requests share the cores between them.
            alone = self._opened(content)
            return self._keep(sha256, _Warm(alone, sha256, len(content), 0))
        # One at a time, so that a backbone is opened once.
        with self._opening:
            head = _head_on(self._backbone(parts), parts)
            size = len(parts.backbone)
            return self._keep(sha256, _Warm(head, parts.backbone_sha256, size, head.bytes))

    def _opened(self, content: bytes) -> Answering:
        network = Predictor.of(content, threads=1, providers=providers_here())
        return Together(network) if self._together(network) else network

    def _backbone(self, parts: Parts) -> Answering:
        with self._lock:
            for model in self._models.values():
                if model.session == parts.backbone_sha256 and isinstance(
                    model.predictor, HeadPredictor
                ):
                    return model.predictor.backbone
        return self._opened(parts.backbone)

    def _keep(self, sha256: str, model: _Warm) -> Answering:
        with self._lock:
            self._models[sha256] = model
            self._loading.pop(sha256, None)
            while len(self._models) > 1 and self._is_full():
                self._models.popitem(last=False)
        return model.predictor

    def _is_full(self) -> bool:
        models = self._models.values()
        networks = {model.session: model.session_bytes for model in models}
        total = sum(networks.values()) + sum(model.own_bytes for model in models)
        return len(networks) > self._max_sessions or total > self._max_bytes


def _head_on(backbone: Answering, parts: Parts) -> HeadPredictor:
    facts = parts.facts
    return HeadPredictor(backbone, parts.kernel, parts.bias, facts.class_names, facts.fit)
