"""``vgg16``: a new last layer on VGG16, then its last blocks."""

from classifier.engine.backbones.catalog.vgg16 import BACKBONE
from classifier.engine.presets.transfer import TransferPreset, defaults_of, limits_of


class VGG16(TransferPreset):
    """VGG16 with the ImageNet weights of keras.applications."""

    name = "vgg16"
    title = "VGG16 (transfer learning)"
    description = "Simple and slow. For comparison with older work, and for textures."
    source = BACKBONE.source
    backbone = BACKBONE
    limits = limits_of(BACKBONE)
    defaults = defaults_of(BACKBONE, fine_tune_blocks=1)


PRESET = VGG16()
