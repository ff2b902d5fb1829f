"""Where a training takes its pixels from."""

import numpy as np

from classifier.engine.presets.config import PresetConfig
from classifier.engine.runtime.batches import Images
from classifier.engine.samples import (
    Pixels,
    TrainingSamples,
    contents_of,
    joined_samples,
    pixels_of,
)
from classifier.engine.watch import Watch


def pixel_sources(
    samples: TrainingSamples, config: PresetConfig, watch: Watch
) -> tuple[Images, Images]:
    """Return the train and the validation split; what has to be decoded first is watched."""
    watch.begin("Reading the images")
    contents = contents_of(joined_samples(samples.train, samples.validation))
    rows = samples.pixels.rows(contents, config.pixels_side, config.fit, watch.tick)
    return (
        Images(rows, 0, samples.train, samples.weights),
        Images(rows, len(samples.train), samples.validation),
    )


def some_images(samples: TrainingSamples, config: PresetConfig, count: int = 16) -> list[Pixels]:
    """Return a few images (size, size, 3) of all splits, on which a file is checked."""
    contents = contents_of(joined_samples(samples.validation, samples.train))
    places = np.linspace(0, len(contents) - 1, min(count, len(contents)))
    few = [contents[int(place)] for place in places]
    return list(pixels_of(samples.pixels, few, config.pixels_side, config.fit))
