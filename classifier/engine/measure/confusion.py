"""The confusion matrix of an evaluation, and what can be counted in it."""

from dataclasses import dataclass
from functools import cached_property

# One mistake is no habit.
_CONFUSED_AT_LEAST = 2


@dataclass(frozen=True, kw_only=True)
class ConfusionMatrix:
    """``counts`` has a row for each true, a column for each predicted class."""

    class_names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

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

    def of_most_mistaken(self, most: int) -> "ConfusionMatrix":
        """Return it with the ``most`` classes that stand in most mistakes, as true or as predicted.

        They keep their order; with no more classes than that it is the same.
        """
        if len(self.class_names) <= most:
            return self
        wrong = [0] * len(self.class_names)
        for true, row in enumerate(self.counts):
            for predicted, count in enumerate(row):
                if count and true != predicted:
                    wrong[true] += count
                    wrong[predicted] += count
        kept = sorted(sorted(range(len(wrong)), key=lambda index: -wrong[index])[:most])
        return ConfusionMatrix(
            class_names=tuple(self.class_names[index] for index in kept),
            counts=tuple(tuple(self.counts[true][index] for index in kept) for true in kept),
        )

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
