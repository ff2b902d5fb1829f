"""How each kind of preset trains: from scratch, or a head on a pretrained network."""

from pathlib import Path

import keras

from classifier.engine.backbones.embedding import embed
from classifier.engine.backbones.features import load_features
from classifier.engine.backbones.weights import BACKBONE, find_weights
from classifier.engine.fit.fitting import Fitting, Stage
from classifier.engine.memory import available_bytes
from classifier.engine.presets import network
from classifier.engine.runtime.batches import Arrays, ImageFiles, Source
from classifier.engine.samples import Sample, TrainingSamples
from classifier.engine.watch import Watch

# Decoded images may take this share of the memory that is free when training starts.
MEMORY_SHARE = 0.4


def train_scratch(
    fitting: Fitting, samples: TrainingSamples, classes: int, preset: str
) -> keras.Model:
    """Train a network from random weights; return it, at its best epoch, with probabilities."""
    config = fitting.config
    fitting.watch.begin("Building the network")
    trained = network.scratch_network(preset, config, classes, precision=config.precision)
    with fitting.within_time():
        train, validation = _pixel_sources(samples, config.image_size, fitting.watch)
        fitting.run(
            Stage(
                name="training",
                network=trained,
                train=train,
                validation=validation,
                epochs=config.epochs,
                learning_rate=config.learning_rate,
                augmentation=config.augmentation,
            )
        )
    # Served in float32 whatever it was trained in.
    final = network.scratch_network(preset, config, classes, precision="float32")
    final.set_weights(fitting.state.best)
    return network.with_probabilities(final)


def train_transfer(
    fitting: Fitting, samples: TrainingSamples, classes: int, weights_dir: Path | None
) -> keras.Model:
    """Train a head on MobileNetV2's features, then its last blocks if the settings say so.

    Raises WeightsUnavailable before any image is decoded.
    """
    config = fitting.config
    fitting.watch.begin("Loading the pretrained network")
    features = load_features(config.image_size, find_weights(BACKBONE, weights_dir))
    head = network.head_network(config, classes)
    joined = network.joined_network(features, head)
    if fitting.state.stage in ("", "head"):
        with fitting.within_time():
            _train_head(fitting, samples, features, head)
        head.set_weights(fitting.state.best)
        fitting.state.best = joined.get_weights()
    if config.fine_tune_epochs and not fitting.state.time_is_up:
        joined.set_weights(fitting.state.best)
        network.thaw_last_blocks(features, config.fine_tune_blocks or 1)
        with fitting.within_time():
            _fine_tune(fitting, samples, joined)
    joined.set_weights(fitting.state.best)
    return network.with_probabilities(joined)


def _train_head(
    fitting: Fitting, samples: TrainingSamples, features: keras.Model, head: keras.Model
) -> None:
    config, watch = fitting.config, fitting.watch
    mirror = config.augmentation != "none"

    def embedded(part: list[Sample], mirrored: bool, message: str) -> Arrays:
        watch.begin(message)
        return embed(features, ImageFiles(part, config.image_size), mirrored, watch)

    fitting.run(
        Stage(
            name="head",
            network=head,
            train=embedded(list(samples.train), mirror, "Computing features (train)"),
            validation=embedded(list(samples.validation), False, "Computing features (validation)"),
            epochs=config.epochs,
            learning_rate=config.learning_rate,
            augmentation="none",
        )
    )


def _fine_tune(fitting: Fitting, samples: TrainingSamples, joined: keras.Model) -> None:
    config = fitting.config
    train, validation = _pixel_sources(samples, config.image_size, fitting.watch)
    fitting.run(
        Stage(
            name="fine_tune",
            network=joined,
            train=train,
            validation=validation,
            epochs=config.fine_tune_epochs or 0,
            learning_rate=config.fine_tune_learning_rate or 0.0,
            augmentation=config.augmentation,
        )
    )


def _pixel_sources(
    samples: TrainingSamples, image_size: int, watch: Watch
) -> tuple[Source, Source]:
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
