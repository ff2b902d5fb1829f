"""Whether the classes have enough images, and about as many each."""

from collections.abc import Sequence
from dataclasses import dataclass

# Fewer leave one or two for validation and for test, and no figure about the class means anything.
FEWEST = 20
# Above it accuracy mostly tells how common the largest class is.
IMBALANCED = 10.0


@dataclass(frozen=True)
class Balance:
    """How a set is spread over its classes.

    - ``imbalance_ratio``: images of the largest class over those of the smallest class that has
      any; 1 is even; 0.0 where there is no image;
    - ``smallest``: the index of the latter class, None where there is no image;
    - ``too_small``: indices of classes with fewer than FEWEST images, empty ones included.
    """

    imbalance_ratio: float
    smallest: int | None
    too_small: list[int]


def balance(counts: Sequence[int]) -> Balance:
    """Return how ``counts``, images for each class index, are spread."""
    too_small = [index for index, count in enumerate(counts) if count < FEWEST]
    filled = [index for index, count in enumerate(counts) if count]
    if not filled:
        return Balance(0.0, None, too_small)
    smallest = min(filled, key=counts.__getitem__)
    return Balance(max(counts) / counts[smallest], smallest, too_small)
