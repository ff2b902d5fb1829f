"""How each kind of preset trains: from scratch, or a head on a pretrained network."""

from pathlib import Path

import keras

from classifier.engine import target
from classifier.engine.backbones.features import features_of
from classifier.engine.fit.fitting import Fitting, Stage
from classifier.engine.memory import available_bytes
from classifier.engine.presets import layers
from classifier.engine.presets.preset import Preset
from classifier.engine.presets.scratch import ScratchConfig, ScratchPreset
from classifier.engine.presets.transfer import TransferConfig, TransferPreset
from classifier.engine.runtime.batches import Arrays, ImageFiles, Source
from classifier.engine.samples import Sample, TrainingSamples
from classifier.engine.watch import Watch

# Decoded images may take this share of the memory that is free when training starts.
MEMORY_SHARE = 0.4


def train_network(
    fitting: Fitting,
    samples: TrainingSamples,
    classes: int,
    preset: Preset,
    weights_dir: Path | None,
) -> keras.Model:
    """Train as the preset's family does; return the network, at its best epoch, with answers.

    Raises WeightsUnavailable before any image is decoded.
    """
    if isinstance(preset, ScratchPreset):
        network = _train_scratch(fitting, samples, classes, preset)
    elif isinstance(preset, TransferPreset):
        network = _train_transfer(fitting, samples, classes, preset, weights_dir)
    else:
        raise TypeError(f"No recipe trains {type(preset).__name__}.")
    return target.with_answers(network)


def _train_scratch(
    fitting: Fitting[ScratchConfig], samples: TrainingSamples, classes: int, preset: ScratchPreset
) -> keras.Model:
    config = fitting.config
    fitting.watch.begin("Building the network")
    trained = layers.scratch_network(preset, config, classes, precision=config.precision)
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
    final = layers.scratch_network(preset, config, classes, precision="float32")
    final.set_weights(fitting.state.best)
    return final


def _train_transfer(
    fitting: Fitting[TransferConfig],
    samples: TrainingSamples,
    classes: int,
    preset: TransferPreset,
    weights_dir: Path | None,
) -> keras.Model:
    """Train a head on the backbone's features, then its last blocks if the settings say so."""
    config = fitting.config
    fitting.watch.begin("Loading the pretrained network")
    weights = preset.backbone.weights.found(weights_dir)
    backbone = preset.backbone.network(config.image_size, weights)
    head = layers.head_network(backbone, config, classes)
    joined = layers.joined_network(backbone, head, preset.name)
    if fitting.state.stage in ("", "head"):
        with fitting.within_time():
            _train_head(fitting, samples, backbone, head)
        head.set_weights(fitting.state.best)
        fitting.state.best = joined.get_weights()
    if config.fine_tune_epochs and not fitting.state.time_is_up:
        joined.set_weights(fitting.state.best)
        preset.backbone.thaw(backbone, config.fine_tune_blocks)
        with fitting.within_time():
            _fine_tune(fitting, samples, joined)
    joined.set_weights(fitting.state.best)
    return joined


def _train_head(
    fitting: Fitting[TransferConfig],
    samples: TrainingSamples,
    backbone: keras.Model,
    head: keras.Model,
) -> None:
    config, watch = fitting.config, fitting.watch
    mirror = config.augmentation != "none"

    def computed(part: list[Sample], mirrored: bool, message: str) -> Arrays:
        watch.begin(message)
        return features_of(backbone, ImageFiles(part, config.image_size), mirrored, watch)

    fitting.run(
        Stage(
            name="head",
            network=head,
            train=computed(list(samples.train), mirror, "Computing features (train)"),
            validation=computed(list(samples.validation), False, "Computing features (validation)"),
            epochs=config.epochs,
            learning_rate=config.learning_rate,
            augmentation="none",
        )
    )


def _fine_tune(
    fitting: Fitting[TransferConfig], samples: TrainingSamples, joined: keras.Model
) -> None:
    config = fitting.config
    train, validation = _pixel_sources(samples, config.image_size, fitting.watch)
    fitting.run(
        Stage(
            name="fine_tune",
            network=joined,
            train=train,
            validation=validation,
            epochs=config.fine_tune_epochs,
            learning_rate=config.fine_tune_learning_rate,
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
