"""A few training images as the network sees them: resized, and changed at random."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.engine.fit.augment.arrays import augmented
from classifier.engine.presets.config import PresetConfig, TrainingConfig
from classifier.engine.presets.registry import PRESETS
from classifier.engine.samples import Pixels, Sample, TrainingSamples, pixels_of

COUNT = 8


@dataclass(frozen=True, kw_only=True)
class Preview:
    """One image (size, size, 3) of values 0..255, the sample it was made of, by its place."""

    place: int
    class_index: int
    pixels: Pixels


def preview_samples(
    samples: TrainingSamples, config: PresetConfig, preset: str, count: int = COUNT
) -> list[Preview]:
    """Return up to ``count`` images as training shows them, class by class in turn.

    The draws are the seed's own, so the same run always gives the same pictures; no random state
    that training uses is touched.
    """
    train = samples.train
    places = _spread(train, count)
    if not places:
        return []
    contents = [train[place][0] for place in places]
    plain = pixels_of(samples.pixels, contents, config.pixels_side)
    seen = _changed(plain, config, preset)
    return [
        Preview(place=place, class_index=train[place][1], pixels=pixels)
        for place, pixels in zip(places, seen, strict=True)
    ]


def _changed(plain: Pixels, config: PresetConfig, preset: str) -> Pixels:
    if not isinstance(config, TrainingConfig):
        return plain
    if PRESETS[preset].is_frozen(config):
        if config.augmentation == "mirror":
            # Each image goes in twice, as it is and mirrored.
            plain[1::2] = plain[1::2, :, ::-1]
        return plain
    if not config.augmentations.any:
        return plain
    found, _ = augmented(plain, config.augmentations, (config.seed, 0, 0))
    return found.clip(0, 255).astype(np.uint8)


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
