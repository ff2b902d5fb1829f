"""Blocks: several small batches that are read at once, and trained on in one call.

Between two calls the processor waits for Python: a twentieth of a step of a small network.
"""

import time
from collections.abc import Iterable, Iterator

from classifier.engine.runtime.batches import Batch, Source
from classifier.engine.samples import Indices
from classifier.engine.subgroups import Weights

_READ_BYTES = 1 << 20
# Between two calls progress is told and a wish to stop is heard.
_CALL_SECONDS = 0.25


def blocks(source: Source, order: Indices, size: int) -> Iterator[Batch]:
    """Yield the batches of ``order`` in blocks: inputs (k, size, …) and class indices (k, size).

    A block has about a megabyte of inputs, or one batch that is larger. The first one has one
    batch, which shows how large they are. ``order`` has whole batches.
    """
    first = next(source.batches(order[:size], size))
    yield _in_batches(first, size)
    at_once = max(1, _READ_BYTES // first[0].nbytes)
    for block in source.batches(order[size:], size * at_once):
        yield _in_batches(block, size)


def calls(found: Iterable[Batch]) -> Iterator[Batch]:
    """Yield ``found`` blocks in parts of as many batches as take about a quarter of a second.

    What the reader does with a part is timed; the first part is one batch.
    """
    at_once = 1
    for inputs, labels in found:
        start = 0
        while start < len(labels):
            part = slice(start, start + at_once)
            began = time.monotonic()
            yield inputs[part], labels[part]
            seconds = (time.monotonic() - began) / len(labels[part])
            start += at_once
            at_once = max(1, int(_CALL_SECONDS / max(seconds, 1e-6)))


def in_order(weights: Weights | None, order: Indices, size: int) -> Weights | None:
    """Return how much the samples of ``order`` count, by batch (k, size)."""
    return None if weights is None else weights[order].reshape(-1, size)


def _in_batches(block: Batch, size: int) -> Batch:
    inputs, labels = block
    return inputs.reshape(-1, size, *inputs.shape[1:]), labels.reshape(-1, size)
