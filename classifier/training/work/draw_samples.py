"""Show people a few training images as the network is about to see them."""

from classifier.engine.presets.config import PresetConfig
from classifier.engine.samples import TrainingSamples
from classifier.models import TrainingRun
from classifier.training.services.run_samples import store_run_samples
from datasets.errors import UnreadableImage
from jobs.handlers import JobContext


def draw_samples(
    context: JobContext, run: TrainingRun, samples: TrainingSamples, config: PresetConfig
) -> None:
    """Store the pictures of `run` and tell the live page that they are there."""
    from classifier.engine.fit.preview import preview_samples

    try:
        previews = preview_samples(samples, config, run.preset)
    except UnreadableImage:
        # The training reads the same file next, and says what is wrong with it.
        return
    store_run_samples(
        run=run,
        augmentation=config.augmentation_text,
        image_size=config.pixels_side,
        fit=config.fit,
        pictures=[(each.pixels, each.class_index) for each in previews],
    )
    context.event("samples", {"count": len(previews)})
