"""``efficientnet_lite0``: a new last layer on EfficientNet-Lite0, then its last blocks."""

from classifier.engine.backbones.efficientnet_lite0.backbone import EFFICIENTNET_LITE0
from classifier.engine.presets.transfer import TransferPreset, defaults_of, limits_of


class EfficientNetLite0(TransferPreset):
    """EfficientNet-Lite0 with the ImageNet weights of its authors."""

    name = "efficientnet_lite0"
    title = "EfficientNet-Lite0 (transfer learning)"
    description = (
        "A network that has seen 1.3 million ImageNet photographs; only a new last layer is "
        "trained, in seconds, then on request the last blocks too. The best start for "
        "photographs, even with few of them."
    )
    source = EFFICIENTNET_LITE0.source
    good_for = "photographs"
    backbone = EFFICIENTNET_LITE0
    limits = limits_of(EFFICIENTNET_LITE0)
    defaults = defaults_of(EFFICIENTNET_LITE0)


PRESET = EfficientNetLite0()
