"""``efficientnet_v2_b0``: a new last layer on EfficientNetV2-B0, then its last blocks."""

from classifier.engine.backbones.catalog.efficientnet_v2_b0 import BACKBONE
from classifier.engine.presets.transfer import TransferPreset, defaults_of, limits_of


class EfficientNetV2B0(TransferPreset):
    """EfficientNetV2-B0 with the ImageNet weights of keras.applications."""

    name = "efficientnet_v2_b0"
    title = "EfficientNetV2-B0 (transfer learning)"
    description = (
        "Accurate for its size: the next step up from EfficientNet-Lite0 where an answer may take "
        "a little longer."
    )
    source = BACKBONE.source
    backbone = BACKBONE
    limits = limits_of(BACKBONE)
    defaults = defaults_of(BACKBONE)


PRESET = EfficientNetV2B0()
