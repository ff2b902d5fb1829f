"""``inception_v3``: a new last layer on InceptionV3, then its last blocks."""

from classifier.engine.backbones.catalog.inception_v3 import BACKBONE
from classifier.engine.presets.transfer import TransferPreset, defaults_of, limits_of


class InceptionV3(TransferPreset):
    """InceptionV3 with the ImageNet weights of keras.applications."""

    name = "inception_v3"
    title = "InceptionV3 (transfer learning)"
    description = (
        "Looks at several scales at once, on larger pictures (299 pixels): for small things in "
        "large photographs."
    )
    source = BACKBONE.source
    backbone = BACKBONE
    limits = limits_of(BACKBONE)
    defaults = defaults_of(BACKBONE)


PRESET = InceptionV3()
