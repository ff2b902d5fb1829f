"""``nin``: a small network of its own at each place."""

from functools import partial
from typing import Any

from classifier.engine.presets.scratch import NormalizedConfig, ScratchPreset

_BLOCKS = ((5, (96, 80, 64)), (5, (128, 128, 96)), (3, (160, 160, 160)))


class NetworkInNetwork(ScratchPreset[NormalizedConfig]):
    """Three blocks of one convolution and two of 1×1."""

    name = "nin"
    title = "Network-in-Network"
    description = (
        "Each convolution is followed by two of 1×1, and a mean over all places stands for hidden "
        "layers: few weights, hard to over-train. For small images with few examples."
    )
    source = "Lin et al., 2013; narrower, with batch normalization"
    main = ("epochs", "augmentation", "learning_rate")
    limits = {"image_size": (16, 128)}
    defaults = NormalizedConfig(
        epochs=30,
        batch_size=64,
        learning_rate=0.002,
        image_size=32,
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
        """Return features (n, 160)."""
        from keras import layers

        from classifier.engine.presets.layers import convolution

        normalized = config.batch_normalization
        convolved = partial(convolution, policy=policy, normalized=normalized)
        x = pixels
        for kernel, widths in _BLOCKS:
            x = convolved(x, widths[0], kernel=kernel)
            for width in widths[1:]:
                x = convolved(x, width, kernel=1)
            if (kernel, widths) != _BLOCKS[-1]:
                x = layers.MaxPooling2D(3, strides=2, padding="same", dtype=policy)(x)
                x = layers.Dropout(config.dropout, dtype=policy)(x)
        return layers.GlobalAveragePooling2D(dtype="float32")(x)


PRESET = NetworkInNetwork()
