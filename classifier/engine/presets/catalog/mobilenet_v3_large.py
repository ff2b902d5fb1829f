"""``mobilenet_v3_large``: a new last layer on MobileNetV3 Large, then its last blocks."""

from classifier.engine.backbones.catalog.mobilenet_v3_large import BACKBONE
from classifier.engine.presets.transfer import TransferPreset, defaults_of, limits_of


class MobileNetV3Large(TransferPreset):
    """MobileNetV3 Large with the ImageNet weights of keras.applications."""

    name = "mobilenet_v3_large"
    title = "MobileNetV3 Large (transfer learning)"
    description = "Small, quick, and a little more accurate than MobileNetV2."
    source = BACKBONE.source
    backbone = BACKBONE
    limits = limits_of(BACKBONE)
    defaults = defaults_of(BACKBONE)


PRESET = MobileNetV3Large()
