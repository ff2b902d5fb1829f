"""The network that the authors of animals.zip trained, as a preset of the benches alone.

Convolutions of 32, 64, 128 and 128 channels with pooling, a dense layer of 512, dropout 0.5, at
150×150 pixels: 3.45 million parameters.
"""

from dataclasses import replace
from typing import Any

from classifier.engine.presets.registry import PRESETS
from classifier.engine.presets.scratch import ScratchConfig, ScratchPreset

WIDTHS = (32, 64, 128, 128)
_SHARED = {field: getattr(PRESETS["cnn_small"].defaults, field)
           for field in ScratchConfig.__dataclass_fields__}  # fmt: skip


class AuthorsNetwork(ScratchPreset[ScratchConfig]):
    """Convolutions and a dense layer, without normalization."""

    name = "authors_network"
    title = "The animals set's authors' network"
    description = "A baseline of the benches."
    source = "github.com/GourabGorai/ImageClassifier"
    main = ("epochs",)
    limits = {"image_size": (64, 512)}
    defaults = replace(
        ScratchConfig(**_SHARED),
        image_size=150,
        epochs=10,
        batch_size=128,
        learning_rate=0.001,
        dropout=0.5,
        augmentation="mirror",
        precision="auto",
    )

    def features(self, pixels: Any, config: ScratchConfig, policy: str) -> Any:
        """Return features (n, 512)."""
        from keras import layers

        x = convolutions(pixels, policy)
        x = layers.Dense(512, activation="relu", dtype=policy)(x)
        return layers.Activation("linear", dtype="float32")(x)


def convolutions(x: Any, policy: str) -> Any:
    """Return what the dense layers see of pixels."""
    from keras import layers

    for width in WIDTHS:
        x = layers.Conv2D(width, 3, activation="relu", dtype=policy)(x)
        x = layers.MaxPooling2D(2, dtype=policy)(x)
    return layers.Flatten(dtype=policy)(x)


PRESET = AuthorsNetwork()
