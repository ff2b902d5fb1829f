"""Where a training takes its pixels from."""

from classifier.engine.memory import available_bytes
from classifier.engine.runtime.batches import ImageFiles, Source
from classifier.engine.samples import TrainingSamples
from classifier.engine.watch import Watch

# Decoded images may take this share of the memory that is free when training starts.
MEMORY_SHARE = 0.4


def pixel_sources(samples: TrainingSamples, image_size: int, watch: Watch) -> tuple[Source, Source]:
    """Return the splits decoded in memory where they fit, else read from files every epoch."""
    train, validation = (
        ImageFiles(part, image_size) for part in (samples.train, samples.validation)
    )
    needed = (len(train) + len(validation)) * image_size * image_size * 3
    if needed > available_bytes() * MEMORY_SHARE:
        return train, validation
    total = len(train) + len(validation)
    watch.begin("Reading the images")
    decoded = train.in_memory(lambda done, _: watch.tick(done, total))
    return decoded, validation.in_memory(lambda done, _: watch.tick(len(train) + done, total))
