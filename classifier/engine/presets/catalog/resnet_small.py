"""``resnet_small``: residual blocks with squeeze-and-excitation or coordinate attention."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from classifier.engine.presets.scratch import ResidualConfig, ScratchPreset
from classifier.engine.presets.setting import setting

Attention = Literal["squeeze_excitation", "coordinate", "none"]
_WIDTHS = (32, 64, 128, 256)


@dataclass(frozen=True, kw_only=True)
class ResNetConfig(ResidualConfig):
    """Has the kind of attention as a setting."""

    attention: Attention = setting(
        "Attention",
        "What weighs the channels of each block: the whole image (squeeze_excitation), or each row "
        "and column (coordinate), for things whose place matters.",
        enum=get_args(Attention),
    )


class ResNetSmall(ScratchPreset[ResNetConfig]):
    """One convolution, then a residual block at each of four scales."""

    name = "resnet_small"
    title = "Small ResNet with attention"
    description = (
        "Residual blocks, each weighed by attention: the most accurate network here that learns "
        "from nothing. For some thousand small images or more, such as CIFAR-10."
    )
    source = "After He et al., 2016, with attention of Hu et al., 2018, or Hou et al., 2021"
    main = ("epochs", "augmentation", "attention")
    limits = {"image_size": (16, 128)}
    defaults = ResNetConfig(
        epochs=30,
        batch_size=128,
        learning_rate=0.004,
        image_size=32,
        augmentation="mirror",
        dropout=0.2,
        weight_decay=0.01,
        label_smoothing=0.05,
        early_stopping_patience=10,
        seed=0,
        deterministic=True,
        precision="float32",
        attention="squeeze_excitation",
    )

    def features(self, pixels: Any, config: ResNetConfig, policy: str) -> Any:
        """Return features (n, 256)."""
        from keras import layers

        from classifier.engine.presets.layers import convolution

        normalized = config.batch_normalization
        x = convolution(pixels, _WIDTHS[0], policy, normalized=normalized)
        for number, width in enumerate(_WIDTHS, start=1):
            x = _block(x, width, config, number / len(_WIDTHS), policy)
        return layers.GlobalAveragePooling2D(dtype="float32")(x)


def _block(x: Any, width: int, config: ResNetConfig, depth: float, policy: str) -> Any:
    """Return two convolutions and attention beside a way past them; ``depth`` is 0..1.

    Where there are more channels than before, there are half as many rows and columns.
    """
    from keras import layers

    from classifier.engine.presets.layers import convolution, left_out_at_random

    normalized = config.batch_normalization
    strides = 1 if x.shape[-1] == width else 2
    y = convolution(x, width, policy, strides=strides, normalized=normalized)
    y = convolution(y, width, policy, normalized=normalized, activated=False)
    y = _attended(y, config, policy)
    y = left_out_at_random(y, config.stochastic_depth * depth, policy)
    if strides > 1:
        x = layers.AveragePooling2D(2, padding="same", dtype=policy)(x)
        x = convolution(x, width, policy, kernel=1, normalized=normalized, activated=False)
    return layers.ReLU(dtype=policy)(layers.Add(dtype=policy)([x, y]))


def _attended(x: Any, config: ResNetConfig, policy: str) -> Any:
    from classifier.engine.presets.layers import coordinated, squeezed

    if config.attention == "squeeze_excitation":
        return squeezed(x, policy)
    if config.attention == "coordinate":
        return coordinated(x, policy, normalized=config.batch_normalization)
    return x


PRESET = ResNetSmall()
