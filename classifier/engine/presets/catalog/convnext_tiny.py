"""``convnext_tiny``: a new last layer on ConvNeXt-Tiny, then its last blocks."""

from classifier.engine.backbones.catalog.convnext_tiny import BACKBONE
from classifier.engine.presets.transfer import TransferPreset, defaults_of, limits_of


class ConvNeXtTiny(TransferPreset):
    """ConvNeXt-Tiny with the ImageNet weights of keras.applications."""

    name = "convnext_tiny"
    title = "ConvNeXt-Tiny (transfer learning)"
    description = (
        "A modern convolutional network, as accurate as a vision transformer of its size. Best "
        "where its last blocks are fine-tuned."
    )
    source = BACKBONE.source
    backbone = BACKBONE
    limits = limits_of(BACKBONE)
    defaults = defaults_of(BACKBONE)


PRESET = ConvNeXtTiny()
