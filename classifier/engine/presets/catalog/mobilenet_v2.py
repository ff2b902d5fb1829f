"""``mobilenet_v2``: a new last layer on MobileNetV2, then on request its last blocks."""

from classifier.engine.backbones.mobilenet_v2.backbone import MOBILENET_V2
from classifier.engine.presets.transfer import TransferConfig, TransferPreset


class MobileNetV2(TransferPreset):
    """MobileNetV2 with the ImageNet weights of keras.applications."""

    name = "mobilenet_v2"
    title = "MobileNetV2 (transfer learning)"
    description = (
        "Another network that has seen ImageNet, a little quicker to answer than "
        "EfficientNet-Lite0. Its weights are not part of Loupe: workers fetch them once, or the "
        "operator puts them there."
    )
    source = "Sandler et al., 2018, keras.applications"
    backbone = MOBILENET_V2
    main = ("epochs", "augmentation", "fine_tune_epochs")
    limits = {"image_size": (64, 448), "fine_tune_blocks": (1, MOBILENET_V2.blocks)}
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


PRESET = MobileNetV2()
