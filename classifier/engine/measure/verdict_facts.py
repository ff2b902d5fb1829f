"""What a verdict is judged by: a confusion matrix, a training, or both."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

# One mistake is no habit.
_CONFUSED_AT_LEAST = 2

Counts = Sequence[Sequence[int]]


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """A confusion matrix: ``counts`` has a row for each true, a column for each predicted class."""

    class_names: Sequence[str]
    counts: Counts

    @cached_property
    def recalls(self) -> list[tuple[int, int]]:
        """For each class (right, images)."""
        return [(row[index], sum(row)) for index, row in enumerate(self.counts)]

    @property
    def images(self) -> int:
        """How many images were measured."""
        return sum(size for _, size in self.recalls)

    @property
    def correct(self) -> int:
        """How many of them were right."""
        return sum(right for right, _ in self.recalls)

    @property
    def largest(self) -> tuple[str, int]:
        """The class that most images have, and how many (of equals the first)."""
        sizes = [size for _, size in self.recalls]
        size = max(sizes, default=0)
        return (self.class_names[sizes.index(size)], size) if size else ("", 0)

    @cached_property
    def only_answer(self) -> str | None:
        """The one class that all images of several classes are given; None where they differ."""
        rows = [row for row in self.counts if any(row)]
        answers = {index for row in rows for index, count in enumerate(row) if count}
        return self.class_names[answers.pop()] if len(rows) > 1 and len(answers) == 1 else None

    @cached_property
    def worst_pair(self) -> tuple[int, int, int] | None:
        """(true, predicted, count) of the pair mistaken most, from two mistakes on.

        Of equals the larger share of the true class, then the first.
        """
        pairs = [
            (count, count / size, -true, predicted)
            for true, (row, (_, size)) in enumerate(zip(self.counts, self.recalls, strict=True))
            if size
            for predicted, count in enumerate(row)
            if predicted != true and count >= _CONFUSED_AT_LEAST
        ]
        if not pairs:
            return None
        count, _, true, predicted = max(pairs)
        return -true, predicted, count


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How the training went; shares are from 0 to 1, losses in nats.

    ``accuracy`` and ``val_accuracy`` are the best epoch's, ``validation_images`` what the latter
    was counted on. ``planned`` epochs are what the settings allow, ``epochs`` ran;
    ``stopped_early`` says that the patience was over in one of the stages.
    ``last_val_losses`` are those of the last two epochs; ``train_counts`` images by class.
    """

    accuracy: float
    val_accuracy: float | None
    validation_images: int
    best_epoch: int
    epochs: int
    planned: int
    patience: int
    stopped_early: bool
    augmentation: str
    last_val_losses: tuple[float, float] | None = None
    train_counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class VerdictFacts:
    """What the rules judge by: a report's matrix, the training, or both.

    Where there is no matrix, ``why_no_matrix`` says why.
    ``split`` is train, validation or test; ``own`` says that the model was trained on this very
    dataset version, so that only its test split is new to it; ``seen`` counts the images that were
    in its train or validation split all the same.
    """

    matrix: Matrix | None = None
    why_no_matrix: str = "the version has no test split"
    split: str = "test"
    own: bool = True
    seen: int = 0
    fit: Fit | None = None
