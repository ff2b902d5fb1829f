"""A backbone of keras.applications, as a table of facts; ``catalog`` has a module for each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.engine.backbones.backbone import Backbone
from classifier.engine.backbones.keras_file import KerasFile

Numbers = float | tuple[float, float, float]
START = ""


@dataclass(frozen=True)
class Preprocessing:
    """What the network was trained to see: pixels 0..255 times ``scale`` plus ``offset``.

    Three numbers are those of red, green and blue. With ``blue_first`` the network expects the
    channels in the order blue, green, red.
    """

    scale: Numbers = 1.0
    offset: Numbers = 0.0
    blue_first: bool = False


# The three ways of keras.applications' ``imagenet_utils.preprocess_input``; the means and standard
# deviations are ImageNet's.
TO_ONE = Preprocessing(scale=1 / 127.5, offset=-1.0)
STANDARDIZED = Preprocessing(
    scale=(1 / (255 * 0.229), 1 / (255 * 0.224), 1 / (255 * 0.225)),
    offset=(-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225),
)
CENTRED_BLUE_FIRST = Preprocessing(offset=(-123.68, -116.779, -103.939), blue_first=True)
# Newer networks preprocess inside, unless told otherwise. A normalisation inside cannot be written
# as ONNX, so these are told otherwise.
OUTSIDE = {"include_preprocessing": False}


@dataclass(frozen=True, kw_only=True)
class KerasApplication(Backbone):
    """A network of keras.applications with its ImageNet weights.

    ``application`` is the function of keras.applications that builds it, with ``options``.
    ``before`` names, for each block, the layer after which the block begins; the first may be
    ``START``, the image itself.
    """

    name: str
    title: str
    source: str
    licence: str
    application: str
    options: Mapping[str, Any] = field(default_factory=dict)
    image_size: int = 224
    least_size: int = 32
    preprocessing: Preprocessing
    width: int
    parameters: int
    before: tuple[str, ...]
    weights: KerasFile

    @property
    def blocks(self) -> int:
        """How many blocks fine-tuning may change."""
        return len(self.before)

    def network(self, image_size: int, weights: Path) -> Any:
        """Return the network without its classifier: features (n, width)."""
        from classifier.engine.backbones.keras_network import load_features

        return load_features(self, image_size, weights)

    def thaw(self, network: Any, blocks: int) -> None:
        """Make the last ``blocks`` blocks, and what comes after them, trainable."""
        from classifier.engine.backbones.keras_network import thaw_after

        thaw_after(network, self.before[-blocks])
