"""``vgg_small``: pairs of small convolutions, scale by scale."""

from typing import Any

from classifier.engine.presets.scratch import NormalizedConfig, ScratchPreset

_WIDTHS = ((32, 32), (64, 64), (128, 128), (256, 256))


class VggSmall(ScratchPreset[NormalizedConfig]):
    """Four pairs of convolutions, the mean over all places, one hidden layer."""

    name = "vgg_small"
    title = "VGG-style CNN"
    description = (
        "Pairs of 3×3 convolutions at four scales, then a hidden layer: plain and dependable. For "
        "images of 32 to 128 pixels."
    )
    source = "After Simonyan and Zisserman, 2014; narrower, with batch normalization"
    main = ("epochs", "augmentation", "learning_rate")
    limits = {"image_size": (32, 256)}
    defaults = NormalizedConfig(
        epochs=30,
        batch_size=32,
        learning_rate=0.002,
        image_size=64,
        augmentation="mirror",
        dropout=0.3,
        weight_decay=0.01,
        label_smoothing=0.05,
        early_stopping_patience=10,
        seed=0,
        deterministic=True,
        precision="float32",
    )

    def features(self, pixels: Any, config: NormalizedConfig, policy: str) -> Any:
        """Return features (n, 256)."""

        from classifier.engine.presets.layers import dense, in_float32, scales

        x = scales(pixels, _WIDTHS, policy, normalized=config.batch_normalization)
        x = dense(x, 256, config, policy)
        return in_float32(x)


PRESET = VggSmall()
