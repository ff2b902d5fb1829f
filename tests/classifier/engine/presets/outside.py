"""A preset that Loupe does not have: one module, as one in `presets.catalog` would be."""

from dataclasses import dataclass
from typing import Any

from classifier.engine.presets.scratch import ScratchConfig, ScratchPreset
from classifier.engine.presets.setting import setting


@dataclass(frozen=True, kw_only=True)
class OutsideConfig(ScratchConfig):
    """Has a setting of its own."""

    hidden_units: int = setting(
        "Hidden units", "Width of the hidden layer.", minimum=1, maximum=512
    )


class Outside(ScratchPreset):
    """One hidden layer on all pixels."""

    name = "outside_mlp"
    title = "Perceptron"
    description = "One hidden layer."
    source = "Rosenblatt, 1958"
    main = ("epochs", "hidden_units")
    limits = {"image_size": (8, 32)}
    defaults = OutsideConfig(
        epochs=2,
        batch_size=32,
        learning_rate=0.005,
        image_size=8,
        augmentation="none",
        dropout=0.0,
        weight_decay=0.0,
        label_smoothing=0.0,
        early_stopping_patience=0,
        seed=0,
        deterministic=True,
        precision="float32",
        hidden_units=64,
    )

    def features(self, pixels: Any, config: ScratchConfig, policy: str) -> Any:
        """Return features (n, hidden_units)."""
        from keras import layers

        assert isinstance(config, OutsideConfig)
        flat = layers.Flatten(dtype=policy)(pixels)
        return layers.Dense(config.hidden_units, "relu", dtype="float32")(flat)


PRESET = Outside()
