"""The images a training learns from."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from classifier.engine.errors import BadData

Sample = tuple[Path, int]


@dataclass(frozen=True, kw_only=True)
class TrainingSamples:
    """Image files and the indices of their classes; the test split is never among them.

    ``validation`` chooses the best epoch; empty, the last epoch counts as the best.
    """

    train: Sequence[Sample]
    validation: Sequence[Sample]

    def check(self, class_names: Sequence[str]) -> None:
        """Raise BadData where nothing can be learned: no image, or images of one class alone."""
        if not self.train:
            raise BadData("The train split is empty.", "Freeze a version with more images.")
        counts = Counter(index for _, index in (*self.train, *self.validation))
        outside = [index for index in counts if not 0 <= index < len(class_names)]
        if outside:
            raise BadData(
                f"Class indices must be from 0 to {len(class_names) - 1}; "
                f"received {sorted(outside)[0]}."
            )
        present = {index for _, index in self.train}
        if len(present) < 2:
            only = class_names[next(iter(present))]
            raise BadData(
                f"Training needs images of at least two classes; the train split has only "
                f"{only!r}.",
                "Add images of another class, then freeze a new version.",
            )
