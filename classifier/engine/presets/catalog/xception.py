"""``xception``: a new last layer on Xception, then its last blocks."""

from classifier.engine.backbones.catalog.xception import BACKBONE
from classifier.engine.presets.transfer import TransferPreset, defaults_of, limits_of


class Xception(TransferPreset):
    """Xception with the ImageNet weights of keras.applications."""

    name = "xception"
    title = "Xception (transfer learning)"
    description = (
        "Accurate on larger pictures (299 pixels), with half of the work of InceptionResNetV2."
    )
    source = BACKBONE.source
    backbone = BACKBONE
    limits = limits_of(BACKBONE)
    defaults = defaults_of(BACKBONE)


PRESET = Xception()
