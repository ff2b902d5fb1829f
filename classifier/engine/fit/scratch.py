"""Training a network from random weights. For trainers alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import keras
import numpy as np

from classifier.engine.fit.alike import require_different
from classifier.engine.fit.balance import Balance, most_shown
from classifier.engine.fit.fitting import Fitting, Stage
from classifier.engine.fit.fused import with_fused_steps
from classifier.engine.fit.keras_steps import KerasSteps
from classifier.engine.fit.network_memory import settle_batch_size
from classifier.engine.fit.precision import measured
from classifier.engine.fit.self_training import SELF_TRAINING, choose, joined
from classifier.engine.fit.sources import pixel_sources
from classifier.engine.fit.trained_network import TrainedNetwork, training_of_network
from classifier.engine.presets import layers
from classifier.engine.presets.config import Precision
from classifier.engine.presets.scratch import ScratchConfig, ScratchPreset
from classifier.engine.samples import TrainingSamples, contents_of, labels_of
from classifier.engine.target import Scores

_ASKED_AT_ONCE = 64


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
    with training_of_network(fitting):
        fitting.watch.begin("Building the network")
        network = layers.scratch_network(preset, config, classes, precision=state.precision)
        served = layers.scratch_network(preset, config, classes, precision="float32")
        labels = labels_of(samples.train)
        joining = len(samples.unlabelled) if config.self_training else 0
        most = most_shown(Balance(config, labels, classes), joining)
        settle_batch_size(fitting, network, most)
        fits = _Fits(fitting, samples, classes, with_fused_steps(network), served)
        with fitting.within_time():
            fits.run()
        served.set_weights(state.best)
    return TrainedNetwork(served)


@dataclass(frozen=True)
class _Fits:
    """The fit of a network, and on request a second one that goes on with unlabelled images."""

    fitting: Fitting[ScratchConfig]
    samples: TrainingSamples
    classes: int
    network: keras.Model
    served: keras.Model

    def run(self) -> None:
        """Leave the best weights of both in the fitting's state."""
        state, samples = self.fitting.state, self.samples
        if state.stage != SELF_TRAINING:
            self._fit("training", samples)
        if not self.fitting.config.self_training or not samples.unlabelled:
            return
        if state.chosen is None:
            self._choose()
        if state.chosen and state.chosen.places:
            self.network.set_weights(state.best)
            self._fit(SELF_TRAINING, joined(samples, state.chosen))

    def _fit(self, name: str, samples: TrainingSamples) -> None:
        config = self.fitting.config
        train, validation = pixel_sources(samples, config, self.fitting.watch)
        batches = train.batches(np.arange(len(train)), _ASKED_AT_ONCE)
        require_different((pixels for pixels, _ in batches), "pixel by pixel")
        self.fitting.run(
            Stage(
                name=name,
                steps=partial(
                    KerasSteps,
                    self.network,
                    config=config,
                    augmentations=config.augmentations,
                    served=self.served,
                ),
                train=train,
                balance=Balance(config, train.labels, self.classes),
                validation=validation,
                epochs=config.epochs,
                learning_rate=config.learning_rate,
            )
        )

    def _choose(self) -> None:
        state, config = self.fitting.state, self.fitting.config
        self.served.set_weights(state.best)
        labels = labels_of(self.samples.validation)
        measured = self._logits(contents_of(self.samples.validation))
        logits = self._logits(self.samples.unlabelled)
        state.choose(choose(logits, measured, labels, config.self_training))

    def _logits(self, contents: Sequence[str]) -> Scores:
        """Return the network's logits (n, classes) about images."""
        watch = self.fitting.watch
        watch.begin("Reading the unlabelled images")
        config = self.fitting.config
        rows = self.samples.pixels.rows(contents, config.image_size, config.fit, watch.tick)
        found = [np.empty((0, self.classes), np.float32)]
        for pixels in rows.batches(np.arange(len(contents)), _ASKED_AT_ONCE):
            found.append(np.asarray(self.served(pixels.astype(np.float32), training=False)))
            watch.check()
        return np.concatenate(found)


def _precision(fitting: Fitting[ScratchConfig], measured_dir: Path | None) -> Precision:
    if fitting.config.precision != "auto":
        return fitting.config.precision
    fitting.watch.begin("Measuring which precision is fast here")
    found = measured(measured_dir)
    fitting.watch.observer.stage(
        f"Training in {found.faster}: here bfloat16 is {found.gain:.1f} times as fast as float32"
    )
    return found.faster
