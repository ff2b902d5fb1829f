"""The confusion matrix of an evaluation, and what can be counted in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

# One mistake is no habit.
_CONFUSED_AT_LEAST = 2


@dataclass(frozen=True, kw_only=True)
class ConfusionMatrix:
    """``cells`` has (true, predicted, count) of class indices for each pair that was met, in order.

    Most pairs of many classes never are.
    """

    class_names: tuple[str, ...]
    cells: tuple[tuple[int, int, int], ...]

    @classmethod
    def of_counts(cls, class_names: Sequence[str], counts: Iterable[Sequence[int]]) -> Self:
        """Return it from a table with a row for each true, a column for each predicted class."""
        cells = tuple(
            (true, predicted, int(count))
            for true, row in enumerate(counts)
            for predicted, count in enumerate(row)
            if count
        )
        return cls(class_names=tuple(class_names), cells=cells)

    @cached_property
    def counts(self) -> tuple[tuple[int, ...], ...]:
        """The whole table: a row for each true, a column for each predicted class."""
        table = [[0] * len(self.class_names) for _ in self.class_names]
        for true, predicted, count in self.cells:
            table[true][predicted] = count
        return tuple(map(tuple, table))

    @cached_property
    def recalls(self) -> list[tuple[int, int]]:
        """For each class (right, images)."""
        right, images = ([0] * len(self.class_names) for _ in range(2))
        for true, predicted, count in self.cells:
            images[true] += count
            if true == predicted:
                right[true] = count
        return list(zip(right, images, strict=True))

    @property
    def images(self) -> int:
        """How many images were measured."""
        return sum(count for _, _, count in self.cells)

    @property
    def correct(self) -> int:
        """How many of them were right."""
        return sum(count for true, predicted, count in self.cells if true == predicted)

    @property
    def largest(self) -> tuple[str, int]:
        """The class that most images have, and how many (of equals the first)."""
        sizes = [size for _, size in self.recalls]
        size = max(sizes, default=0)
        return (self.class_names[sizes.index(size)], size) if size else ("", 0)

    @property
    def mistakes(self) -> list[tuple[int, int, int]]:
        """The cells of mistakes, the most frequent first."""
        wrong = [cell for cell in self.cells if cell[0] != cell[1]]
        return sorted(wrong, key=lambda cell: (-cell[2], cell))

    def of_most_mistaken(self, most: int) -> "ConfusionMatrix":
        """Return it with the ``most`` classes that stand in most mistakes, as true or as predicted.

        They keep their order; with no more classes than that it is the same.
        """
        if len(self.class_names) <= most:
            return self
        wrong = [0] * len(self.class_names)
        for true, predicted, count in self.mistakes:
            wrong[true] += count
            wrong[predicted] += count
        kept = sorted(sorted(range(len(wrong)), key=lambda index: -wrong[index])[:most])
        place = {index: number for number, index in enumerate(kept)}
        return ConfusionMatrix(
            class_names=tuple(self.class_names[index] for index in kept),
            cells=tuple(
                (place[true], place[predicted], count)
                for true, predicted, count in self.cells
                if true in place and predicted in place
            ),
        )

    @cached_property
    def only_answer(self) -> str | None:
        """The one class that all images of several classes are given; None where they differ."""
        asked = {true for true, _, _ in self.cells}
        answers = {predicted for _, predicted, _ in self.cells}
        return self.class_names[answers.pop()] if len(asked) > 1 and len(answers) == 1 else None

    @cached_property
    def worst_pair(self) -> tuple[int, int, int] | None:
        """(true, predicted, count) of the pair mistaken most, from two mistakes on.

        Of equals the larger share of the true class, then the first.
        """
        pairs = [
            (count, count / self.recalls[true][1], -true, predicted)
            for true, predicted, count in self.cells
            if predicted != true and count >= _CONFUSED_AT_LEAST
        ]
        if not pairs:
            return None
        count, _, true, predicted = max(pairs)
        return -true, predicted, count
