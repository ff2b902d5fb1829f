"""Training a network from random weights. For trainers alone."""

from functools import partial

from classifier.engine.fit.balance import Balance
from classifier.engine.fit.fitting import Fitting, Stage
from classifier.engine.fit.keras_steps import KerasSteps
from classifier.engine.fit.sources import pixel_sources
from classifier.engine.fit.trained_network import TrainedNetwork, training_of_network
from classifier.engine.presets import layers
from classifier.engine.presets.scratch import ScratchConfig, ScratchPreset
from classifier.engine.samples import TrainingSamples


def train_scratch(
    fitting: Fitting[ScratchConfig], samples: TrainingSamples, classes: int, preset: ScratchPreset
) -> TrainedNetwork:
    """Train the preset's network; return it in float32, whatever it was trained in."""
    config = fitting.config
    with training_of_network(config):
        fitting.watch.begin("Building the network")
        trained = layers.scratch_network(preset, config, classes, precision=config.precision)
        with fitting.within_time():
            train, validation = pixel_sources(samples, config.image_size, fitting.watch)
            fitting.run(
                Stage(
                    name="training",
                    steps=partial(
                        KerasSteps, trained, config=config, augmentations=config.augmentations
                    ),
                    train=train,
                    balance=Balance(config, train.labels, classes),
                    validation=validation,
                    epochs=config.epochs,
                    learning_rate=config.learning_rate,
                )
            )
        final = layers.scratch_network(preset, config, classes, precision="float32")
        final.set_weights(fitting.state.best)
    return TrainedNetwork(final)
