"""Whether images differ at all: of those that do not, nothing can be learned."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.errors import BadData


def require_different(parts: Iterable[npt.NDArray[Any]], seen_as: str) -> None:
    """Raise BadData where all rows of all parts (n, …) are equal.

    Looks no further than the first that differs. ``seen_as`` says what the rows are.
    """
    first: npt.NDArray[Any] | None = None
    count = 0
    for part in parts:
        if not len(part):
            continue
        first = part[0] if first is None else first
        if not np.array_equal(part, np.broadcast_to(first, part.shape)):
            return
        count += len(part)
    raise BadData(
        f"All {count:,} training images are the same {seen_as}: nothing tells the classes apart.",
        "Look at the images of the version: were they written all black, or all white?",
    )
