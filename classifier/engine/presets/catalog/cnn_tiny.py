"""``cnn_tiny``: a compact network for images of 32×32 pixels and smaller."""

from typing import Any

from classifier.engine.presets.scratch import NormalizedConfig, ScratchPreset

_WIDTHS = ((32,), (64, 64), (128, 128), (256,))
# Images below 16 pixels have no room for four scales: they keep the widths and pool less.
_WIDTHS_BELOW_16 = ((64, 64), (128, 256))


class CnnTiny(ScratchPreset[NormalizedConfig]):
    """Convolution, batch normalisation and ReLU at up to four scales, then the mean."""

    name = "cnn_tiny"
    title = "Tiny CNN for small images"
    description = (
        "A compact network trained from scratch on images of 32×32 pixels and smaller, "
        "such as CIFAR-10, icons or handwritten digits."
    )
    source = "Our own, after VGG (Simonyan and Zisserman, 2014) with batch normalisation"
    good_for = "small images"
    main = ("epochs", "augmentation", "learning_rate")
    limits = {"image_size": (8, 64)}
    defaults = NormalizedConfig(
        epochs=10,
        batch_size=32,
        learning_rate=0.002,
        image_size=32,
        augmentation="shift",
        dropout=0.2,
        weight_decay=0.01,
        label_smoothing=0.05,
        early_stopping_patience=5,
        seed=0,
        deterministic=True,
        precision="auto",
    )

    def features(self, pixels: Any, config: NormalizedConfig, policy: str) -> Any:
        """Return features (n, 256)."""
        from classifier.engine.presets.layers import scales

        widths = _WIDTHS if config.image_size >= 16 else _WIDTHS_BELOW_16
        return scales(pixels, widths, policy, normalized=config.batch_normalization)


PRESET = CnnTiny()
