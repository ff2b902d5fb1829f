"""EfficientNet-Lite0 as data: which convolutions follow one another, and their weights' names.

From the paper (Tan and Le, 2019) with the changes of the Lite variants: ReLU6, no
squeeze-and-excitation, stem and head of fixed width. Padding is TensorFlow's SAME, and batch
normalisation follows each convolution.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.engine.backbones.efficientnet_lite0.torch_file import Array

# A pixel x of 0..255 goes in as (x - 127) / 128.
SCALE, OFFSET = 1 / 128, -127 / 128
EPSILON = 1e-3
WIDTH = 1280


@dataclass(frozen=True)
class Convolution:
    """A convolution and its batch normalisation; ReLU6 follows where it is `activated`.

    `name` is what Keras calls it, `weights` and `norm` are the prefixes of its weights.
    """

    name: str
    weights: str
    norm: str
    filters: int
    kernel: int = 1
    stride: int = 1
    depthwise: bool = False
    activated: bool = True

    def scale(self, arrays: dict[str, Array]) -> list[Array]:
        """Return batch normalisation's scale, offset, mean and variance."""
        parts = ("weight", "bias", "running_mean", "running_var")
        return [arrays[f"{self.norm}.{part}"] for part in parts]

    def folded(self, arrays: dict[str, Array]) -> tuple[npt.NDArray, npt.NDArray]:
        """Return kernel (filters, channels, k, k) and bias that do both in one step, float32."""
        scale, offset, mean, variance = (part.astype(np.float64) for part in self.scale(arrays))
        factor = scale / np.sqrt(variance + EPSILON)
        kernel = arrays[f"{self.weights}.weight"] * factor[:, None, None, None]
        return kernel.astype(np.float32), (offset - mean * factor).astype(np.float32)


@dataclass(frozen=True)
class Block:
    """Convolutions in a row; where it is `residual`, what went in is added to what comes out."""

    convolutions: tuple[Convolution, ...]
    residual: bool = False


STEM = Convolution("stem", "_conv_stem", "_bn0", 32, kernel=3, stride=2)
HEAD = Convolution("head", "_conv_head", "_bn1", WIDTH)
# Repeats, kernel, stride of the first, expansion, filters.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def _blocks() -> Iterator[Block]:
    channels, number = STEM.filters, 0
    for repeats, kernel, first_stride, expansion, filters in _STAGES:
        for repeat in range(repeats):
            stride = 1 if repeat else first_stride
            yield _block(number, channels, kernel, stride, expansion, filters)
            channels, number = filters, number + 1


def _block(
    number: int, channels: int, kernel: int, stride: int, expansion: int, filters: int
) -> Block:
    name, weights = f"block_{number}", f"_blocks.{number}"
    wide = channels * expansion
    expand = Convolution(f"{name}_expand", f"{weights}._expand_conv", f"{weights}._bn0", wide)
    depthwise = Convolution(
        f"{name}_depthwise",
        f"{weights}._depthwise_conv",
        f"{weights}._bn1",
        wide,
        kernel=kernel,
        stride=stride,
        depthwise=True,
    )
    project = Convolution(
        f"{name}_project", f"{weights}._project_conv", f"{weights}._bn2", filters, activated=False
    )
    convolutions = (expand, depthwise, project) if expansion > 1 else (depthwise, project)
    return Block(convolutions, residual=stride == 1 and channels == filters)


BLOCKS = tuple(_blocks())
