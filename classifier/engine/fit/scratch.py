"""Training a network from random weights. For trainers alone."""

from functools import partial
from pathlib import Path

from classifier.engine.fit.balance import Balance
from classifier.engine.fit.fitting import Fitting, Stage
from classifier.engine.fit.fused import with_fused_steps
from classifier.engine.fit.keras_steps import KerasSteps
from classifier.engine.fit.precision import measured
from classifier.engine.fit.sources import pixel_sources
from classifier.engine.fit.trained_network import TrainedNetwork, training_of_network
from classifier.engine.presets import layers
from classifier.engine.presets.config import Precision
from classifier.engine.presets.scratch import ScratchConfig, ScratchPreset
from classifier.engine.samples import TrainingSamples


def train_scratch(
    fitting: Fitting[ScratchConfig],
    samples: TrainingSamples,
    classes: int,
    preset: ScratchPreset,
    measured_dir: Path | None,
) -> TrainedNetwork:
    """Train the preset's network; return it in float32, whatever it was trained in.

    ``measured_dir`` keeps which precision is fast here (``precision.measured``).
    """
    config, state = fitting.config, fitting.state
    # Where another attempt began, the curve goes on in the same numbers, whatever is fast here.
    state.precision = state.precision or _precision(fitting, measured_dir)
    with training_of_network(config):
        fitting.watch.begin("Building the network")
        network = layers.scratch_network(preset, config, classes, precision=state.precision)
        served = layers.scratch_network(preset, config, classes, precision="float32")
        with fitting.within_time():
            train, validation = pixel_sources(samples, config, fitting.watch)
            fitting.run(
                Stage(
                    name="training",
                    steps=partial(
                        KerasSteps,
                        with_fused_steps(network),
                        config=config,
                        augmentations=config.augmentations,
                        served=served,
                    ),
                    train=train,
                    balance=Balance(config, train.labels, classes),
                    validation=validation,
                    epochs=config.epochs,
                    learning_rate=config.learning_rate,
                )
            )
        served.set_weights(state.best)
    return TrainedNetwork(served)


def _precision(fitting: Fitting[ScratchConfig], measured_dir: Path | None) -> Precision:
    if fitting.config.precision != "auto":
        return fitting.config.precision
    fitting.watch.begin("Measuring which precision is fast here")
    found = measured(measured_dir)
    fitting.watch.observer.stage(
        f"Training in {found.faster}: here bfloat16 is {found.gain:.1f} times as fast as float32"
    )
    return found.faster
