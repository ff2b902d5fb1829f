"""Where a training takes its pixels from."""

from classifier.engine.runtime.batches import Images
from classifier.engine.samples import TrainingSamples
from classifier.engine.watch import Watch


def pixel_sources(samples: TrainingSamples, image_size: int, watch: Watch) -> tuple[Images, Images]:
    """Return the train and the validation split; what has to be decoded first is watched."""
    watch.begin("Reading the images")
    both = [*samples.train, *samples.validation]
    rows = samples.pixels.rows([content for content, _ in both], image_size, watch.tick)
    return (
        Images(rows, 0, samples.train),
        Images(rows, len(samples.train), samples.validation),
    )
