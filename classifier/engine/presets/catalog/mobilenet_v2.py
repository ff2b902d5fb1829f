"""``mobilenet_v2``: a new last layer on MobileNetV2, then its last blocks."""

from classifier.engine.backbones.catalog.mobilenet_v2 import BACKBONE
from classifier.engine.presets.transfer import TransferPreset, defaults_of, limits_of


class MobileNetV2(TransferPreset):
    """MobileNetV2 with the ImageNet weights of keras.applications."""

    name = "mobilenet_v2"
    title = "MobileNetV2 (transfer learning)"
    description = "Small and quick to answer; a little quicker than EfficientNet-Lite0."
    source = BACKBONE.source
    backbone = BACKBONE
    limits = limits_of(BACKBONE)
    defaults = defaults_of(BACKBONE)


PRESET = MobileNetV2()
