"""Fine-tuning: a head and the last blocks of its backbone, trained together. For trainers alone."""

from functools import partial
from pathlib import Path

from classifier.engine.fit.balance import Balance
from classifier.engine.fit.fitting import Fitting, Stage
from classifier.engine.fit.keras_steps import KerasSteps
from classifier.engine.fit.sources import pixel_sources
from classifier.engine.fit.trained_network import TrainedNetwork, training_of_network
from classifier.engine.presets import layers
from classifier.engine.presets.transfer import TransferConfig, TransferPreset
from classifier.engine.samples import TrainingSamples

FINE_TUNE = "fine_tune"


def fine_tune(
    fitting: Fitting[TransferConfig],
    samples: TrainingSamples,
    classes: int,
    preset: TransferPreset,
    weights: Path,
) -> TrainedNetwork:
    """Train the last blocks on from the fitted head; return the network at its best epoch.

    ``fitting.state.best`` holds the head's weights, or after a resume the whole network's.
    ``weights`` is the backbone's file.
    """
    config, state = fitting.config, fitting.state
    with training_of_network(config):
        fitting.watch.begin("Building the network")
        backbone = preset.backbone.network(config.image_size, weights)
        head = layers.head_network(backbone, config, classes)
        joined = layers.joined_network(backbone, head, preset.name)
        if state.stage != FINE_TUNE:
            head.set_weights(state.best)
            state.best = joined.get_weights()
        joined.set_weights(state.best)
        preset.backbone.thaw(backbone, config.fine_tune_blocks)
        with fitting.within_time():
            train, validation = pixel_sources(samples, config.image_size, fitting.watch)
            fitting.run(
                Stage(
                    name=FINE_TUNE,
                    steps=partial(
                        KerasSteps, joined, config=config, augmentations=config.augmentations
                    ),
                    train=train,
                    balance=Balance(config, train.labels, classes),
                    validation=validation,
                    epochs=config.fine_tune_epochs,
                    learning_rate=config.fine_tune_learning_rate,
                )
            )
        joined.set_weights(state.best)
    return TrainedNetwork(joined)
