"""``mlp``: a plain multilayer perceptron."""

from typing import Any

from classifier.engine.presets.scratch import NormalizedConfig, ScratchPreset

_WIDTHS = (512, 256)


class Mlp(ScratchPreset[NormalizedConfig]):
    """Dense layers, batch normalization and ReLU."""

    name = "mlp"
    title = "Multilayer perceptron"
    description = (
        "Two hidden layers on all pixels at once, without convolution: a baseline to compare with. "
        "For tiny, centred images alone, such as handwritten digits."
    )
    source = "Rumelhart et al., 1986; with batch normalization"
    main = ("epochs", "dropout", "learning_rate")
    limits = {"image_size": (8, 64)}
    defaults = NormalizedConfig(
        epochs=20,
        batch_size=64,
        learning_rate=0.001,
        image_size=32,
        augmentation="shift",
        dropout=0.2,
        weight_decay=0.01,
        label_smoothing=0.05,
        early_stopping_patience=8,
        seed=0,
        deterministic=True,
        precision="float32",
    )

    def features(self, pixels: Any, config: NormalizedConfig, policy: str) -> Any:
        """Return features (n, 256)."""
        from keras import layers

        from classifier.engine.presets.layers import dense, in_float32

        x = layers.Flatten(dtype=policy)(pixels)
        for width in _WIDTHS:
            x = dense(x, width, config, policy)
        return in_float32(x)


PRESET = Mlp()
