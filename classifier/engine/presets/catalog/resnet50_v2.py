"""``resnet50_v2``: a new last layer on ResNet50V2, then its last blocks."""

from classifier.engine.backbones.catalog.resnet50_v2 import BACKBONE
from classifier.engine.presets.transfer import TransferPreset, defaults_of, limits_of


class ResNet50V2(TransferPreset):
    """ResNet50V2 with the ImageNet weights of keras.applications."""

    name = "resnet50_v2"
    title = "ResNet50V2 (transfer learning)"
    description = (
        "The network that others are compared with; robust when its last blocks are fine-tuned."
    )
    source = BACKBONE.source
    backbone = BACKBONE
    limits = limits_of(BACKBONE)
    defaults = defaults_of(BACKBONE)


PRESET = ResNet50V2()
