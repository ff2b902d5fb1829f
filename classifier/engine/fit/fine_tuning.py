"""Fine-tuning: a head and the last blocks of its backbone, trained together. For trainers alone."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import keras

from classifier.engine.fit.balance import Balance
from classifier.engine.fit.fitting import Fitting, Stage
from classifier.engine.fit.keras_steps import KerasSteps
from classifier.engine.fit.network_memory import settle_batch_size
from classifier.engine.fit.sources import pixel_sources
from classifier.engine.fit.trained_network import TrainedNetwork, training_of_network
from classifier.engine.presets import layers
from classifier.engine.presets.transfer import TransferConfig, TransferPreset
from classifier.engine.runtime.batches import Images
from classifier.engine.samples import TrainingSamples, labels_of

FINE_TUNE = "fine_tune"
ALL = "fine_tune_all"


def fine_tune(
    fitting: Fitting[TransferConfig],
    samples: TrainingSamples,
    classes: int,
    preset: TransferPreset,
    weights: Path,
) -> TrainedNetwork:
    """Train the last blocks on from the fitted head, then all; return the network at its best.

    ``fitting.state.best`` holds the head's weights, or after a resume the whole network's.
    ``weights`` is the backbone's file.
    """
    config, state = fitting.config, fitting.state
    with training_of_network(fitting):
        fitting.watch.begin("Building the network")
        backbone = preset.backbone.network(config.image_size, weights)
        head = layers.head_network(backbone, config, classes)
        joined = layers.joined_network(backbone, head, preset.name)
        shown = Balance(config, labels_of(samples.train), classes).shown
        settle_batch_size(fitting, joined, shown)
        if state.stage not in (FINE_TUNE, ALL):
            head.set_weights(state.best)
            state.best = joined.get_weights()
        joined.set_weights(state.best)
        with fitting.within_time():
            parts = pixel_sources(samples, config, fitting.watch)
            for stage, blocks in _stages(config, joined, parts, classes, preset):
                if state.stage == ALL and stage.name == FINE_TUNE:
                    continue  # A checkpoint has brought us past it.
                joined.set_weights(state.best)
                preset.backbone.thaw(backbone, blocks)
                fitting.run(stage)
        joined.set_weights(state.best)
    return TrainedNetwork(joined)


def _stages(
    config: TransferConfig,
    network: keras.Model,
    parts: tuple[Images, Images],
    classes: int,
    preset: TransferPreset,
) -> Iterator[tuple[Stage, int]]:
    """Yield the stages that have epochs, and how many of the last blocks each trains."""
    train, validation = parts
    last = (FINE_TUNE, config.fine_tune_epochs, config.fine_tune_learning_rate)
    whole = (ALL, config.all_epochs, config.all_learning_rate)
    wanted = ((last, config.fine_tune_blocks), (whole, preset.backbone.blocks))
    for (name, epochs, rate), blocks in wanted:
        if epochs:
            stage = Stage(
                name=name,
                steps=partial(
                    KerasSteps, network, config=config, augmentations=config.augmentations
                ),
                train=train,
                balance=Balance(config, train.labels, classes),
                validation=validation,
                epochs=epochs,
                learning_rate=rate,
            )
            yield stage, blocks
