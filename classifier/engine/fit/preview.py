"""A few training images as the network sees them: resized, and changed at random."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

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
    plain = pixels_of(samples.pixels, contents, config.pixels_side, config.fit)
    seen, _ = as_trained(plain, config, preset)
    return [
        Preview(place=place, class_index=train[place][1], pixels=pixels)
        for place, pixels in zip(places, seen, strict=True)
    ]


def as_trained(
    plain: Pixels, config: PresetConfig, preset: str
) -> tuple[Pixels, npt.NDArray[np.floating[Any]]]:
    """Return images (n, side, side, 3) as training shows them, and how much of each is its own.

    What is not its own, 0..1, comes from the n-th image from the end (MixUp, CutMix). ``side`` may
    be less than the settings' image size: a picture of what they do.
    """
    own: npt.NDArray[np.floating[Any]] = np.ones(len(plain))
    if not isinstance(config, TrainingConfig):
        return plain, own
    if PRESETS[preset].is_frozen(config):
        # Each image goes in twice, as it is and mirrored.
        mirrored = plain[:, :, ::-1] if config.augmentation == "mirror" else plain
        return np.where(np.arange(len(plain))[:, None, None, None] % 2, mirrored, plain), own
    values = config.augmentations
    if not values.any:
        return plain, own
    values = replace(values, blur=values.blur * plain.shape[1] / config.pixels_side)
    seen, own = augmented(plain, values, (config.seed, 0, 0))
    return seen.clip(0, 255).astype(np.uint8), own


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
