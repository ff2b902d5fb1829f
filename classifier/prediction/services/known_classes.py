"""What this process knows of versions' classes: read once, and again when it has changed.

A model counts what changes there (`RegisteredModel.class_facts_number`), and every prediction asks
for that number with the version: so what is remembered is never older than the answer.
"""

import threading
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple

from classifier.models.decision import with_vectors
from classifier.registry.selectors.class_facts import ClassFacts, class_facts

_MOST = 64

Facts = Mapping[str, ClassFacts]


class Standing(NamedTuple):
    """Which facts: of a version, as they stood at that count, with its own vectors or without."""

    version: uuid.UUID
    number: int
    vectors: bool

    @classmethod
    def of(cls, version: uuid.UUID, number: int, rule_name: str) -> "Standing":
        """Return it from what a prediction reads of its version."""
        return cls(version, number, with_vectors(rule_name))


class KnownClasses:
    """The facts of the versions asked for last; safe to use from threads."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._found: OrderedDict[Standing, Facts] = OrderedDict()

    def at_hand(self, standing: Standing) -> Facts | None:
        """Return what has been read, None where it has not."""
        with self._lock:
            found = self._found.get(standing)
            if found is not None:
                self._found.move_to_end(standing)
            return found

    def get(self, standing: Standing) -> Facts:
        """Return it, and read it where it has not been."""
        if (found := self.at_hand(standing)) is not None:
            return found
        # One reads while the others, who probably want the same, wait.
        with self._reading:
            if (found := self.at_hand(standing)) is not None:
                return found
            found = class_facts(standing.version)
            with self._lock:
                self._found[standing] = found
                while len(self._found) > self._most:
                    self._found.popitem(last=False)
        return found


known_classes = KnownClasses()
