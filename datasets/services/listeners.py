"""Apps above hear of what changes in datasets; `datasets` imports none of them.

A listener is registered in an app's `AppConfig.ready()` and called in the transaction that made the
change, with the dataset's row locked by it. It is quick: long work belongs in a job that it starts.
What it raises undoes the change.
"""

from typing import Protocol

from accounts.models import User
from datasets.models import Dataset


class Listener(Protocol):
    """What is called; `user` made the change, None for what Loupe did by itself."""

    def __call__(self, *, user: User | None, dataset: Dataset) -> None:
        """Start whatever follows from the change."""


class Change:
    """One kind of change, and who hears of it."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def register(self, listener: Listener) -> None:
        """Have `listener` called from now on; once, however often it is registered."""
        if listener not in self._listeners:
            self._listeners.append(listener)

    def announce(self, *, user: User | None, dataset: Dataset) -> None:
        """Call every listener, in the order of their registration."""
        for listener in self._listeners:
            listener(user=user, dataset=dataset)


# An import has decoded the first of the images whose rows come when it ends.
images_coming = Change()
# New images are in the dataset, by an import or an upload.
images_added = Change()
# Existing images were given a class, lost theirs, or have another one.
labels_changed = Change()
# Images have vectors now that had none.
vectors_added = Change()
# A class has another note, or one that had a note is gone or back.
class_note_changed = Change()
# A dataset's instant model was switched on again.
instant_model_switched_on = Change()
# A new version tests on images that were free before.
test_set_changed = Change()
