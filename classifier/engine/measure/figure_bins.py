"""Bins in which predictions are counted, so that a million of them are a few numbers an hour."""

from collections.abc import Sequence
from itertools import accumulate

# Where the second and each further bin of the top probability begins: finer where most answers lie.
CONFIDENCE_EDGES = (
    0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85,
    0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999,
)  # fmt: skip
# The same of milliseconds: each bin is a quarter wider than the one before it, up to a minute.
LATENCY_EDGES = tuple(round(1.25**power, 3) for power in range(50))


def quantile(counts: Sequence[int], edges: Sequence[float], share: float) -> float | None:
    """Return the value below which ``share`` (0..1) of what was counted (edges + 1,) lies.

    Even within a bin, so up to a bin's width from the truth; None where nothing was counted. The
    first bin begins at 0; of the last one, which has no end, its beginning is said.
    """
    total = sum(counts)
    if not total:
        return None
    wanted = share * total
    for place, reached in enumerate(accumulate(counts)):
        if reached >= wanted and counts[place]:
            if place == len(edges):
                break
            low = edges[place - 1] if place else 0.0
            inside = (wanted - (reached - counts[place])) / counts[place]
            return low + (edges[place] - low) * inside
    return edges[-1]
