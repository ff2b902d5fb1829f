"""Which images of a dataset version files are made with."""

from collections.abc import Sequence

import numpy as np

from classifier.registry.selectors.exports import Measuring, splits_to_choose_by
from datasets.selectors.versions import samples_of

_OTHER = 300


def spread(contents: Sequence[str], most: int) -> list[str]:
    """Return up to `most` of the contents, evenly: their order is by hash, so by chance."""
    places = np.linspace(0, len(contents) - 1, min(most, len(contents))).astype(int)
    return [contents[place] for place in places]


def to_choose_by(on: Measuring) -> list[str]:
    """Return contents by which something of an export may be chosen: it is measured on others."""
    splits = splits_to_choose_by(on)
    chosen = samples_of(on.images, splits[0]) if splits else []
    return spread([content for content, _ in chosen], _OTHER)
