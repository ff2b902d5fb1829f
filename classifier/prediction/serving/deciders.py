"""Rules at hand in the model process: the least recently used leave when there are too many."""

import threading
from collections import OrderedDict
from pathlib import Path

from classifier.engine.runtime.decider import Decider
from classifier.prediction.serving.frames import Header

MOST = 64


class Deciders:
    """Deciders by the name of their rule, which stands for its content; safe to use from threads.

    Training vectors are mapped files: the kernel keeps what is in use, for all processes once.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._found: OrderedDict[str, Decider] = OrderedDict()

    def at_hand(self, name: str) -> Decider | None:
        """Return the decider that is loaded, None for every other."""
        with self._lock:
            found = self._found.get(name)
            if found is not None:
                self._found.move_to_end(name)
            return found

    def get(self, rule: Header) -> Decider:
        """Return the decider of `{name, path, references}`; raises `EngineError`."""
        if found := self.at_hand(rule["name"]):
            return found
        references = Path(rule["references"]) if rule["references"] else None
        found = Decider.load(Path(rule["path"]), references)
        with self._lock:
            self._found[rule["name"]] = found
            while len(self._found) > self._most:
                self._found.popitem(last=False)
        return found
