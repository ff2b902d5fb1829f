"""``densenet_small``: each layer sees all layers before it."""

from functools import partial
from typing import Any

from classifier.engine.presets.scratch import NormalizedConfig, ScratchPreset

_GROWTH, _LAYERS = 16, 5


class DenseNetSmall(ScratchPreset[NormalizedConfig]):
    """Three dense blocks, each layer of a 1×1 and a 3×3 convolution."""

    name = "densenet_small"
    title = "Small DenseNet"
    description = (
        "Every layer sees all layers before it: few weights, and good with few examples; slower "
        "than its size suggests. For small images and textures."
    )
    source = "After Huang et al., 2017 (DenseNet-BC), with 3 blocks of 5 layers"
    main = ("epochs", "augmentation", "learning_rate")
    limits = {"image_size": (16, 128)}
    defaults = NormalizedConfig(
        epochs=40,
        batch_size=64,
        learning_rate=0.002,
        image_size=32,
        augmentation="mirror",
        dropout=0.2,
        weight_decay=0.01,
        label_smoothing=0.05,
        early_stopping_patience=10,
        seed=0,
        deterministic=True,
        precision="float32",
    )

    def features(self, pixels: Any, config: NormalizedConfig, policy: str) -> Any:
        """Return features (n, 148)."""
        from keras import layers

        from classifier.engine.presets.layers import convolution

        normalized = config.batch_normalization
        convolved = partial(convolution, policy=policy, normalized=normalized)
        x = convolved(pixels, 2 * _GROWTH)
        for block in range(3):
            if block:
                x = convolved(x, x.shape[-1] // 2, kernel=1)
                x = layers.AveragePooling2D(2, dtype=policy)(x)
            for _ in range(_LAYERS):
                narrow = convolved(x, 4 * _GROWTH, kernel=1)
                x = layers.Concatenate(dtype=policy)([x, convolved(narrow, _GROWTH)])
        return layers.GlobalAveragePooling2D(dtype="float32")(x)


PRESET = DenseNetSmall()
