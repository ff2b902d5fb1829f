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

# Of all versions that are remembered: a class with all that is known of it takes up to 2 kB.
_MOST_CLASSES = 50_000

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
    """The facts of the versions asked for last, as they stood last; safe to use from threads."""

    def __init__(self, most_classes: int = _MOST_CLASSES) -> None:
        self._most_classes = most_classes
        self._lock = threading.Lock()
        self._reading: dict[uuid.UUID, threading.Lock] = {}
        self._found: OrderedDict[uuid.UUID, tuple[Standing, Facts]] = OrderedDict()
        self._classes = 0

    def at_hand(self, standing: Standing) -> Facts | None:
        """Return what has been read, None where it has not."""
        with self._lock:
            found = self._found.get(standing.version)
            if found is None or found[0] != standing:
                return None
            self._found.move_to_end(standing.version)
            return found[1]

    def get(self, standing: Standing) -> Facts:
        """Return it, and read it where it has not been."""
        if (found := self.at_hand(standing)) is not None:
            return found
        with self._lock:
            reading = self._reading.setdefault(standing.version, threading.Lock())
        # One reads while the others who ask for the same version wait.
        with reading:
            if (found := self.at_hand(standing)) is not None:
                return found
            found = class_facts(standing.version)
            self._keep(standing, found)
        return found

    def _keep(self, standing: Standing, facts: Facts) -> None:
        with self._lock:
            self._reading.pop(standing.version, None)
            self._drop(standing.version)
            self._found[standing.version] = standing, facts
            self._classes += _size(facts)
            while len(self._found) > 1 and self._classes > self._most_classes:
                self._drop(next(iter(self._found)))

    def _drop(self, version: uuid.UUID) -> None:
        found = self._found.pop(version, None)
        if found is not None:
            self._classes -= _size(found[1])


def _size(facts: Facts) -> int:
    """Return how many classes these are; a version of which nothing is known counts as one."""
    return max(1, len(facts))


known_classes = KnownClasses()
