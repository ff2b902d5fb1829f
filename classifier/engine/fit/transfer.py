"""A head on a frozen backbone, fitted on vectors; then, on request, the backbone's last blocks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.engine.backbones.opened import OpenBackbone, open_backbone
from classifier.engine.fit.alike import require_different
from classifier.engine.fit.balance import Balance, with_synthetic
from classifier.engine.fit.fitting import Fitting, Stage
from classifier.engine.fit.head import Head, HeadSteps
from classifier.engine.fit.pretrained import Pretrained
from classifier.engine.fit.self_training import SELF_TRAINING, choose, joined
from classifier.engine.fit.trained import Trained, TrainedHead
from classifier.engine.presets.transfer import TransferConfig, TransferPreset
from classifier.engine.runtime.batches import Arrays, joined_arrays
from classifier.engine.samples import Sample, TrainingSamples, labels_of
from classifier.engine.subgroups import Weights
from classifier.engine.watch import Watch

HEAD = "head"
# An epoch takes milliseconds on a thousand vectors; a kill may cost this much of the fit.
_CHECKPOINT_SECONDS = 5.0


def train_transfer(
    fitting: Fitting[TransferConfig],
    samples: TrainingSamples,
    classes: int,
    preset: TransferPreset,
    pretrained: Pretrained,
) -> Trained:
    """Fit a head on the backbone's vectors, then its last blocks if the settings say so.

    Imports TensorFlow for fine-tuning alone.
    """
    config = fitting.config
    weights = preset.backbone.weights.found(pretrained.weights_dir)
    backbone = opened_backbone(preset, config, pretrained, fitting.watch)
    fitting.state.weights_sha256 = backbone.weights_sha256
    if fitting.state.stage in ("", HEAD, SELF_TRAINING):
        with fitting.within_time():
            fit_head(fitting, samples, classes, backbone, pretrained)
    if fitting.state.stage in (HEAD, SELF_TRAINING):
        head = Head.of(fitting.state.best)
        if fitting.state.is_over or preset.is_frozen(config):
            return TrainedHead(backbone.onnx, head)
        fitting.state.tune()
    from classifier.engine.fit.fine_tuning import fine_tune

    return fine_tune(fitting, joined(samples, fitting.state.kept_chosen), classes, preset, weights)


def opened_backbone(
    preset: TransferPreset, config: TransferConfig, pretrained: Pretrained, watch: Watch
) -> OpenBackbone:
    """Open the preset's backbone; raises WeightsUnavailable."""
    watch.begin("Loading the pretrained network")
    return open_backbone(
        preset.backbone,
        weights_dir=pretrained.weights_dir,
        folder=pretrained.backbones_dir,
        image_size=config.image_size,
        fit=config.fit,
    )


def fit_head(
    fitting: Fitting[TransferConfig],
    samples: TrainingSamples,
    classes: int,
    backbone: OpenBackbone,
    pretrained: Pretrained,
) -> Head:
    """Fit a head on the backbone's vectors; return that of the best epoch.

    A second fit follows where the settings let unlabelled images join.
    """
    _HeadFits(fitting, samples, classes, backbone, pretrained).run()
    return Head.of(fitting.state.best)


@dataclass(frozen=True)
class _HeadFits:
    """The fit of a head, and on request a second one that unlabelled images join."""

    fitting: Fitting[TransferConfig]
    samples: TrainingSamples
    classes: int
    backbone: OpenBackbone
    pretrained: Pretrained

    def run(self) -> None:
        """Leave the best head of both in the fitting's state."""
        samples, state, watch = self.samples, self.fitting.state, self.fitting.watch
        watch.begin("Vectors of the train split")
        train = self._learned_from(samples.train, samples.weights)
        require_different([train.inputs], "to the pretrained network")
        watch.begin("Vectors of the validation split")
        validation = self._plain(samples.validation)
        if state.stage != SELF_TRAINING:
            self._fit(HEAD, train, validation, "Fitting the last layer")
        if not self.fitting.config.self_training or not samples.unlabelled:
            return
        if state.chosen is None:
            watch.begin("Vectors of unlabelled images")
            asked = self._plain([(content, 0) for content in samples.unlabelled])
            head, confidence = Head.of(state.best), self.fitting.config.self_training
            measured = head.logits(validation.inputs.astype(np.float32))
            logits = head.logits(asked.inputs.astype(np.float32))
            state.choose(choose(logits, measured, validation.labels, confidence))
        if state.chosen and state.chosen.places:
            watch.begin("Vectors of the images that join")
            train = self._learned_from(joined(samples, state.chosen).train)
            self._fit(SELF_TRAINING, train, validation, "Fitting once more")

    def _fit(self, name: str, train: Arrays, validation: Arrays, begin: str) -> None:
        config = self.fitting.config
        head = Head.untrained(self.backbone.backbone.width, self.classes, config.seed)
        self.fitting.run(
            Stage(
                name=name,
                steps=lambda schedule, loss: HeadSteps(head, schedule, loss, config),
                train=train,
                balance=Balance(config, train.labels, self.classes),
                validation=validation,
                epochs=config.epochs,
                learning_rate=config.learning_rate,
                checkpoint_seconds=_CHECKPOINT_SECONDS,
                begin=begin,
            )
        )

    def _plain(self, part: Sequence[Sample]) -> Arrays:
        """Return the vectors of the images as they are."""
        labels = labels_of(part)
        [vectors] = self.pretrained.vectors(self.backbone, part, False, self.fitting.watch)
        return Arrays(vectors, labels)

    def _learned_from(self, part: Sequence[Sample], weights: Weights | None = None) -> Arrays:
        """Return vectors to learn from: with mirrored twins and synthetic examples, if wanted."""
        config = self.fitting.config
        labels = labels_of(part)
        balance = Balance(config, labels, self.classes)
        twins = config.augmentation == "mirror"
        found = self.pretrained.vectors(self.backbone, part, twins, self.fitting.watch)
        each = (Arrays(side, labels, weights) for side in found)
        return joined_arrays([with_synthetic(side, balance, config.seed) for side in each])
