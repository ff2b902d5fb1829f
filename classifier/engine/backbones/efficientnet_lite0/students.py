"""Small networks: the first blocks of EfficientNet-Lite0, a mean over all places, a last layer."""

import json
from collections.abc import Iterator, Sequence

from classifier.engine.backbones.efficientnet_lite0.architecture import (
    BLOCKS,
    STEM,
    Convolution,
)

# After how many blocks a network may end; with fewer it sees edges and colours alone.
CUTS = tuple(range(3, len(BLOCKS) + 1))
# Of a model file, beside its numbers and the names of its classes: its nodes, and what else it
# says about itself.
_NODE_BYTES = 150
_FILE_BYTES = 3_000


def convolutions_of(blocks: int) -> tuple[Convolution, ...]:
    """Return the convolutions of the network that ends after so many blocks."""
    return (STEM, *(each for block in BLOCKS[:blocks] for each in block.convolutions))


def width_of(blocks: int) -> int:
    """Return how many features come out of it."""
    return BLOCKS[blocks - 1].convolutions[-1].filters


def parameters_of(blocks: int, classes: int) -> int:
    """Return how many numbers its served file holds, batch normalisation folded in."""
    found = sum(_numbers(blocks))
    return found + (width_of(blocks) + 1) * classes


def bytes_of(blocks: int, class_names: Sequence[str]) -> int:
    """Return how large its served file is at most, before one is made."""
    nodes = 2 * len(convolutions_of(blocks))
    names = len(json.dumps(list(class_names), ensure_ascii=False).encode())
    about = _FILE_BYTES + _NODE_BYTES * nodes + names
    return 4 * parameters_of(blocks, len(class_names)) + about


def _numbers(blocks: int) -> Iterator[int]:
    channels = 3
    for each in convolutions_of(blocks):
        yield each.kernel**2 * (1 if each.depthwise else channels) * each.filters + each.filters
        channels = each.filters
