"""``alexnet``: large first kernels, then two wide hidden layers."""

from functools import partial
from typing import Any

from classifier.engine.presets.scratch import NormalizedConfig, ScratchPreset


class AlexNet(ScratchPreset[NormalizedConfig]):
    """Five convolutions, two hidden layers."""

    name = "alexnet"
    title = "AlexNet-style CNN"
    description = (
        "Large kernels at first, three small ones, two wide hidden layers with dropout: the "
        "network that began deep learning, narrower. For a few thousand photographs."
    )
    source = "After Krizhevsky et al., 2012; narrower, with batch normalization"
    main = ("epochs", "augmentation", "dropout")
    limits = {"image_size": (64, 256)}
    defaults = NormalizedConfig(
        epochs=30,
        batch_size=32,
        learning_rate=0.001,
        image_size=128,
        augmentation="mirror",
        dropout=0.4,
        weight_decay=0.01,
        label_smoothing=0.05,
        early_stopping_patience=10,
        seed=0,
        deterministic=True,
        precision="float32",
    )

    def features(self, pixels: Any, config: NormalizedConfig, policy: str) -> Any:
        """Return features (n, 512)."""
        from keras import layers

        from classifier.engine.presets.layers import convolution, dense, in_float32

        normalized = config.batch_normalization
        convolved = partial(convolution, policy=policy, normalized=normalized)
        x = convolved(pixels, 32, kernel=11, strides=4)
        x = layers.MaxPooling2D(3, strides=2, padding="same", dtype=policy)(x)
        x = convolved(x, 64, kernel=5)
        x = layers.MaxPooling2D(3, strides=2, padding="same", dtype=policy)(x)
        for width in (128, 128, 96):
            x = convolved(x, width)
        x = layers.MaxPooling2D(3, strides=2, padding="same", dtype=policy)(x)
        x = layers.Flatten(dtype=policy)(x)
        for width in (512, 512):
            x = dense(x, width, config, policy)
        return in_float32(x)


PRESET = AlexNet()
