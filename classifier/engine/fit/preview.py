"""A few training images as the network sees them: resized, and changed at random."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from classifier.engine.presets.config import TrainingConfig
from classifier.engine.presets.registry import PRESETS
from classifier.engine.samples import Sample
from common.pixels import Pixels, read_pixels

COUNT = 8


@dataclass(frozen=True, kw_only=True)
class Preview:
    """One image (size, size, 3) of values 0..255, the sample it was made of, by its place."""

    place: int
    class_index: int
    pixels: Pixels


def preview_samples(
    samples: Sequence[Sample], config: TrainingConfig, preset: str, count: int = COUNT
) -> list[Preview]:
    """Return up to ``count`` samples as training shows them, class by class in turn.

    The draws are the seed's own, so the same run always gives the same pictures; no random state
    that training uses is touched. Raises ImageRejected for a file that cannot be read.
    """
    places = _spread(samples, count)
    if not places:
        return []
    plain = np.stack([read_pixels(samples[place][0], config.image_size) for place in places])
    seen = _changed(plain, config, preset)
    return [
        Preview(place=place, class_index=samples[place][1], pixels=pixels)
        for place, pixels in zip(places, seen, strict=True)
    ]


def _changed(plain: Any, config: TrainingConfig, preset: str) -> Any:
    kind = config.augmentation
    if kind == "none":
        return plain
    if PRESETS[preset].is_frozen(config):
        # Each image goes in twice, as it is and mirrored.
        plain[1::2] = plain[1::2, :, ::-1]
        return plain
    from classifier.engine.fit.augment import augment

    seed = np.array([config.seed & 0x7FFFFFFF, 0], np.int32)
    return augment(plain, kind, seed).numpy().clip(0, 255).astype(np.uint8)


def _spread(samples: Sequence[Sample], count: int) -> list[int]:
    """Return the places of up to ``count`` samples, one of each class, then a second of each, …"""
    by_class: dict[int, list[int]] = {}
    for place, (_, index) in enumerate(samples):
        found = by_class.setdefault(index, [])
        if len(found) < count:
            found.append(place)
    turns = [
        found[turn]
        for turn in range(count)
        for _, found in sorted(by_class.items())
        if turn < len(found)
    ]
    return turns[:count]
