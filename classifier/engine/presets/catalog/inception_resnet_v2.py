"""``inception_resnet_v2``: a new last layer on InceptionResNetV2, then its last blocks."""

from classifier.engine.backbones.catalog.inception_resnet_v2 import BACKBONE
from classifier.engine.presets.transfer import TransferPreset, defaults_of, limits_of


class InceptionResNetV2(TransferPreset):
    """InceptionResNetV2 with the ImageNet weights of keras.applications."""

    name = "inception_resnet_v2"
    title = "InceptionResNetV2 (transfer learning)"
    description = (
        "The largest and most accurate network of this list, and the slowest, above all without a "
        "graphics card."
    )
    source = BACKBONE.source
    backbone = BACKBONE
    limits = limits_of(BACKBONE)
    defaults = defaults_of(BACKBONE)


PRESET = InceptionResNetV2()
