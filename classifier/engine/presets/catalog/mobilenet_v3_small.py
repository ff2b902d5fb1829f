"""``mobilenet_v3_small``: a new last layer on MobileNetV3 Small, then its last blocks."""

from classifier.engine.backbones.catalog.mobilenet_v3_small import BACKBONE
from classifier.engine.presets.transfer import TransferPreset, defaults_of, limits_of


class MobileNetV3Small(TransferPreset):
    """MobileNetV3 Small with the ImageNet weights of keras.applications."""

    name = "mobilenet_v3_small"
    title = "MobileNetV3 Small (transfer learning)"
    description = (
        "The smallest pretrained network here: for phones and small boards, where an answer must "
        "take milliseconds."
    )
    source = BACKBONE.source
    backbone = BACKBONE
    limits = limits_of(BACKBONE)
    defaults = defaults_of(BACKBONE)


PRESET = MobileNetV3Small()
