"""``compact_transformer``: attention between patches that convolutions make."""

from functools import partial
from typing import Any

from classifier.engine.presets.scratch import ResidualConfig, ScratchPreset

_WIDTH, _BLOCKS, _HEADS = 128, 4, 4


class CompactTransformer(ScratchPreset[ResidualConfig]):
    """A convolutional tokenizer, four blocks of attention, sequence pooling."""

    name = "compact_transformer"
    title = "Compact transformer"
    description = (
        "Convolutions make patches, attention compares each with all others. Needs more images "
        "than a CNN, a few thousand at least; for small images whose parts matter together."
    )
    source = "After Hassani et al., 2021 (CCT); positions after Chu et al., 2021"
    main = ("epochs", "augmentation", "learning_rate")
    limits = {"image_size": (16, 128)}
    defaults = ResidualConfig(
        epochs=60,
        batch_size=64,
        learning_rate=0.001,
        image_size=32,
        augmentation="mirror",
        dropout=0.1,
        weight_decay=0.05,
        label_smoothing=0.1,
        early_stopping_patience=15,
        seed=0,
        deterministic=True,
        precision="float32",
    )

    def features(self, pixels: Any, config: ResidualConfig, policy: str) -> Any:
        """Return features (n, 128)."""
        from keras import layers

        from classifier.engine.presets.layers import convolution

        normalized = config.batch_normalization
        convolved = partial(convolution, policy=policy, normalized=normalized)
        x = pixels
        for width in (_WIDTH // 2, _WIDTH):
            x = convolved(x, width)
            x = layers.MaxPooling2D(3, strides=2, padding="same", dtype=policy)(x)
        # Where a patch stands: zeros beyond the border, seen by a convolution of each channel.
        places = layers.DepthwiseConv2D(3, padding="same", dtype=policy)(x)
        x = layers.Add(dtype=policy)([x, places])
        x = layers.Reshape((-1, _WIDTH), dtype=policy)(x)
        for number in range(1, _BLOCKS + 1):
            x = _block(x, config, number / _BLOCKS, policy)
        x = layers.LayerNormalization(epsilon=1e-6, dtype="float32")(x)
        # Patches count as much as they deserve (sequence pooling).
        weights = layers.Softmax(axis=1, dtype="float32")(layers.Dense(1, dtype="float32")(x))
        return layers.Flatten(dtype="float32")(layers.Dot(axes=1, dtype="float32")([weights, x]))


def _block(x: Any, config: ResidualConfig, depth: float, policy: str) -> Any:
    """Return attention, then two dense layers, each beside a way past it; ``depth`` is 0..1."""
    from keras import layers

    from classifier.engine.presets.layers import left_out_at_random

    def beside(x: Any, seen: Any) -> Any:
        seen = layers.Dropout(config.dropout, dtype=policy)(seen)
        seen = left_out_at_random(seen, config.stochastic_depth * depth, policy)
        return layers.Add(dtype=policy)([x, seen])

    seen = layers.LayerNormalization(epsilon=1e-6, dtype=policy)(x)
    seen = layers.MultiHeadAttention(_HEADS, _WIDTH // _HEADS, dtype=policy)(seen, seen)
    x = beside(x, seen)
    seen = layers.LayerNormalization(epsilon=1e-6, dtype=policy)(x)
    seen = layers.Dense(2 * _WIDTH, activation="gelu", dtype=policy)(seen)
    seen = layers.Dense(_WIDTH, dtype=policy)(seen)
    return beside(x, seen)


PRESET = CompactTransformer()
