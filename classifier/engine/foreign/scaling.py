"""How pixels, 0..255, become the numbers that a foreign network was trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

ScalingName = Literal["0..1", "-1..1", "0..255", "torch", "caffe"]
Channels = Literal["rgb", "bgr"]
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_CAFFE_MEAN = (123.68, 116.779, 103.939)


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """``(pixel - mean) / divisor`` of each colour, red first; ``formula`` and ``title`` in words.

    ``channels`` is the order of the colours that this way usually goes with.
    """

    name: ScalingName
    title: str
    formula: str
    mean: tuple[float, float, float]
    divisor: tuple[float, float, float]
    channels: Channels = "rgb"


SCALINGS: dict[str, Scaling] = {
    each.name: each
    for each in (
        Scaling(
            name="0..1",
            title="0 to 1",
            formula="pixel / 255",
            mean=(0.0,) * 3,
            divisor=(255.0,) * 3,
        ),
        Scaling(
            name="-1..1",
            title="−1 to 1 (MobileNet, Inception, Xception, ResNet V2)",
            formula="pixel / 127.5 − 1",
            mean=(127.5,) * 3,
            divisor=(127.5,) * 3,
        ),
        Scaling(
            name="0..255",
            title="0 to 255, or the network scales by itself (EfficientNet, ConvNeXt, MobileNet "
            "V3, or a Rescaling layer inside)",
            formula="pixel as it is",
            mean=(0.0,) * 3,
            divisor=(1.0,) * 3,
        ),
        Scaling(
            name="torch",
            title="ImageNet mean and deviation, as PyTorch and DenseNet do",
            formula="(pixel / 255 − [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]",
            mean=tuple(255 * each for each in _MEAN),  # type: ignore[arg-type]
            divisor=tuple(255 * each for each in _DEVIATION),  # type: ignore[arg-type]
        ),
        Scaling(
            name="caffe",
            title="ImageNet mean, blue first, as Caffe, VGG and ResNet V1 do",
            formula="pixel − [123.68, 116.779, 103.939], then red and blue change places",
            mean=_CAFFE_MEAN,
            divisor=(1.0,) * 3,
            channels="bgr",
        ),
    )
}


@dataclass(frozen=True, kw_only=True)
class Input:
    """What a person says goes into the network.

    ``size`` is the side of the square in pixels, None for what the file says; ``channels`` the
    order of the colours.
    """

    size: int | None
    scaling: str
    channels: Channels

    def scaled(self, images: Any, ops: Any) -> Any:
        """Return a float32 tensor of images (n, size, size, 3), 0..255 RGB; ``ops`` are Keras's."""
        return scaled(images, SCALINGS[self.scaling], self.channels, ops)


def scaled(images: Any, scaling: Scaling, channels: Channels, ops: Any) -> Any:
    """Return images as the scaling and the order of colours have it, float32."""
    found = ops.cast(images, "float32")
    if any(scaling.mean):
        found = ops.subtract(found, _constant(scaling.mean))
    if any(each != 1 for each in scaling.divisor):
        found = ops.divide(found, _constant(scaling.divisor))
    return ops.flip(found, axis=-1) if channels == "bgr" else found


def _constant(values: Sequence[float]) -> Any:
    import numpy as np

    return np.array(values, np.float32)
