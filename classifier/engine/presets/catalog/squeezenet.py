"""``squeezenet``: narrow layers of 1×1 between wide ones."""

from functools import partial
from typing import Any

from classifier.engine.presets.scratch import NormalizedConfig, ScratchPreset

# Channels squeezed to, channels of each kernel, modules at this scale.
_FIRES = ((16, 48, 2), (24, 96, 2), (32, 128, 3))


class SqueezeNet(ScratchPreset[NormalizedConfig]):
    """Fire modules: a convolution of 1×1, then of 1×1 and 3×3 side by side."""

    name = "squeezenet"
    title = "SqueezeNet-style CNN"
    description = (
        "Squeezes channels before it widens them: a small file that answers quickly. For "
        "photographs on small machines, where no pretrained network fits."
    )
    source = "After Iandola et al., 2016 (version 1.1); with batch normalization"
    main = ("epochs", "augmentation", "learning_rate")
    limits = {"image_size": (64, 256)}
    defaults = NormalizedConfig(
        epochs=30,
        batch_size=32,
        learning_rate=0.002,
        image_size=128,
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
        from keras import layers

        from classifier.engine.presets.layers import convolution

        normalized = config.batch_normalization
        convolved = partial(convolution, policy=policy, normalized=normalized)
        x = convolved(pixels, 48, strides=2)
        for squeeze, wide, count in _FIRES:
            x = layers.MaxPooling2D(3, strides=2, padding="same", dtype=policy)(x)
            for _ in range(count):
                narrow = convolved(x, squeeze, kernel=1)
                parts = [convolved(narrow, wide, kernel=size) for size in (1, 3)]
                x = layers.Concatenate(dtype=policy)(parts)
        return layers.GlobalAveragePooling2D(dtype="float32")(x)


PRESET = SqueezeNet()
