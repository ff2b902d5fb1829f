"""``densenet121``: a new last layer on DenseNet121, then its last blocks."""

from classifier.engine.backbones.catalog.densenet121 import BACKBONE
from classifier.engine.presets.transfer import TransferPreset, defaults_of, limits_of


class DenseNet121(TransferPreset):
    """DenseNet121 with the ImageNet weights of keras.applications."""

    name = "densenet121"
    title = "DenseNet121 (transfer learning)"
    description = (
        "Every layer sees all layers before it: few weights for its accuracy. Often used "
        "on medical images and textures."
    )
    source = BACKBONE.source
    backbone = BACKBONE
    limits = limits_of(BACKBONE)
    defaults = defaults_of(BACKBONE, fine_tune_blocks=1)


PRESET = DenseNet121()
