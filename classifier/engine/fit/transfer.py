"""A head on a frozen backbone, fitted on vectors; then, on request, the backbone's last blocks."""

from collections.abc import Sequence

import numpy as np

from classifier.engine.backbones.opened import OpenBackbone, open_backbone
from classifier.engine.fit.balance import Balance, with_synthetic
from classifier.engine.fit.fitting import Fitting, Stage
from classifier.engine.fit.head import Head, HeadSteps
from classifier.engine.fit.pretrained import Pretrained
from classifier.engine.fit.trained import Trained, TrainedHead
from classifier.engine.presets.transfer import TransferConfig, TransferPreset
from classifier.engine.runtime.batches import Arrays
from classifier.engine.samples import Sample, TrainingSamples
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
    if fitting.state.stage in ("", HEAD):
        with fitting.within_time():
            fit_head(fitting, samples, classes, backbone, pretrained)
    if fitting.state.stage == HEAD:
        head = Head.of(fitting.state.best)
        if fitting.state.is_over or preset.is_frozen(config):
            return TrainedHead(backbone.onnx, head)
    from classifier.engine.fit.fine_tuning import fine_tune

    return fine_tune(fitting, samples, classes, preset, weights)


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
    """Fit a head on the backbone's vectors; return that of the best epoch."""
    config, watch = fitting.config, fitting.watch

    def vectors_of(part: Sequence[Sample], twins: bool, message: str) -> Arrays:
        watch.begin(message)
        labels = np.array([index for _, index in part], np.int64)
        sides = [Arrays(side, labels) for side in pretrained.vectors(backbone, part, twins, watch)]
        if part is samples.train:
            balance = Balance(config, labels, classes)
            sides = [with_synthetic(side, balance, config.seed) for side in sides]
        inputs = np.concatenate([side.inputs for side in sides])
        return Arrays(inputs, np.concatenate([side.labels for side in sides]))

    twins = config.augmentation == "mirror"
    train = vectors_of(samples.train, twins, "Vectors of the train split")
    validation = vectors_of(samples.validation, False, "Vectors of the validation split")
    head = Head.untrained(backbone.backbone.width, classes, config.seed)
    fitting.run(
        Stage(
            name=HEAD,
            steps=lambda schedule, loss: HeadSteps(head, schedule, loss, config),
            train=train,
            balance=Balance(config, train.labels, classes),
            validation=validation,
            epochs=config.epochs,
            learning_rate=config.learning_rate,
            checkpoint_seconds=_CHECKPOINT_SECONDS,
            begin="Fitting the last layer",
        )
    )
    return Head.of(fitting.state.best)
