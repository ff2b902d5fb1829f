"""``cnn_small``: four convolutional blocks for photographs of 112×112 pixels."""

from typing import Any

from classifier.engine.presets.scratch import NormalizedConfig, ScratchPreset

# Multiples of 32: processors work on vectors of so many bfloat16 numbers.
_WIDTHS = ((32,), (64,), (128, 128), (256, 256))


class CnnSmall(ScratchPreset[NormalizedConfig]):
    """Convolution, batch normalisation and ReLU at four scales, then the mean over all places."""

    name = "cnn_small"
    title = "Small CNN for photographs"
    description = (
        "Four convolutional blocks trained from scratch on augmented photographs of "
        "112×112 pixels. For pictures that look nothing like ImageNet's; otherwise "
        "EfficientNet-Lite0 is both faster and better."
    )
    source = "Our own, after VGG (Simonyan and Zisserman, 2014) with batch normalisation"
    main = ("epochs", "augmentation", "learning_rate")
    limits = {"image_size": (64, 512)}
    defaults = NormalizedConfig(
        epochs=50,
        batch_size=32,
        learning_rate=0.003,
        image_size=112,
        augmentation="full",
        dropout=0.3,
        weight_decay=0.05,
        label_smoothing=0.1,
        early_stopping_patience=15,
        seed=0,
        deterministic=True,
        precision="auto",
    )

    def features(self, pixels: Any, config: NormalizedConfig, policy: str) -> Any:
        """Return features (n, 256); a first convolution of stride 2 halves the image."""
        from classifier.engine.presets.layers import convolution, scales

        normalized = config.batch_normalization
        x = convolution(pixels, 32, policy, kernel=5, strides=2, normalized=normalized)
        return scales(x, _WIDTHS, policy, normalized=normalized)


PRESET = CnnSmall()
