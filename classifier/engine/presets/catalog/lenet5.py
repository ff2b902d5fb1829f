"""``lenet5``: the first network that read cheques."""

from functools import partial
from typing import Any

from classifier.engine.presets.scratch import NormalizedConfig, ScratchPreset


class LeNet5(ScratchPreset[NormalizedConfig]):
    """Convolutions of 6 and 16 channels, hidden layers of 120 and 84 units."""

    name = "lenet5"
    title = "LeNet-5"
    description = (
        "Two convolutions and two hidden layers: the network that read handwritten digits on "
        "cheques. For small images of one bright thing, such as digits, letters and symbols."
    )
    source = "LeCun et al., 1998; with ReLU, max-pooling and batch normalization"
    main = ("epochs", "augmentation", "learning_rate")
    limits = {"image_size": (16, 64)}
    defaults = NormalizedConfig(
        epochs=20,
        batch_size=64,
        learning_rate=0.002,
        image_size=32,
        augmentation="shift",
        dropout=0.1,
        weight_decay=0.01,
        label_smoothing=0.05,
        early_stopping_patience=8,
        seed=0,
        deterministic=True,
        precision="float32",
    )

    def features(self, pixels: Any, config: NormalizedConfig, policy: str) -> Any:
        """Return features (n, 84)."""
        from keras import layers

        from classifier.engine.presets.layers import convolution, dense, in_float32

        normalized = config.batch_normalization
        convolved = partial(convolution, policy=policy, normalized=normalized)
        x = pixels
        for width in (6, 16):
            x = convolved(x, width, kernel=5)
            x = layers.MaxPooling2D(2, dtype=policy)(x)
        x = layers.Flatten(dtype=policy)(x)
        for width in (120, 84):
            x = dense(x, width, config, policy)
        return in_float32(x)


PRESET = LeNet5()
