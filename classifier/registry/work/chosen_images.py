"""Which images of a dataset version files are made with, and which they are measured on."""

from collections.abc import Sequence

import numpy as np

from datasets.models import DatasetVersion, Split
from datasets.selectors.versions import samples_of

# An export is measured on the first of these splits that has images.
MEASURED_ON = (Split.TEST, Split.VALIDATION, Split.TRAIN)
_OTHER = 300


def spread(contents: Sequence[str], most: int) -> list[str]:
    """Return up to `most` of the contents, evenly: their order is by hash, so by chance."""
    places = np.linspace(0, len(contents) - 1, min(most, len(contents))).astype(int)
    return [contents[place] for place in places]


def to_choose_by(images: DatasetVersion) -> list[str]:
    """Return contents by which something of an export may be chosen: it is measured on others."""
    splits = [split for split in MEASURED_ON if samples_of(images, split, first=1)]
    chosen = samples_of(images, splits[1]) if splits[1:] else []
    return spread([content for content, _ in chosen], _OTHER)
