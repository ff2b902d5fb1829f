"""Backbone: a pretrained network that turns an image into a vector; the catalogue has them all."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Literal

from classifier.engine.backbones.weights import (
    WeightsFile,
    checked_weights_at_hand,
    find_weights,
    weights_at_hand,
)

Fit = Literal["stretch"]


class Backbone(ABC):
    """What is known of a backbone without opening it. A subclass states one.

    ``name`` is what code and files call it, ``title`` what people read. ``image_size`` and ``fit``
    say which pixels it sees when it embeds, ``width`` how long its vectors are, ``blocks`` how many
    blocks fine-tuning may change. ``source`` and ``licence`` are those of the weights.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]
    licence: ClassVar[str]
    image_size: ClassVar[int]
    fit: ClassVar[Fit] = "stretch"
    width: ClassVar[int]
    blocks: ClassVar[int]
    weights: ClassVar[WeightsFile]

    def at_hand(self, weights_dir: Path | None) -> Path | None:
        """Return where the weights are on this machine; downloads and checks nothing."""
        return weights_at_hand(self.weights, weights_dir)

    def checked(self, weights_dir: Path | None) -> Path | None:
        """Return the weights on this machine, None where there are none; downloads nothing.

        Raises WeightsUnavailable where they are not the file that they should be.
        """
        return checked_weights_at_hand(self.weights, weights_dir)

    def found(self, weights_dir: Path | None) -> Path:
        """Return the weights, checked, downloaded if need be; raises WeightsUnavailable."""
        return find_weights(self.weights, weights_dir)

    @abstractmethod
    def network(self, image_size: int, weights: Path) -> Any:
        """Return the frozen Keras model (n, size, size, 3) of 0..255 → (n, width) features.

        Raises WeightsUnavailable for a damaged file. Called on workers alone, as ``thaw`` is.
        """

    @abstractmethod
    def thaw(self, network: Any, blocks: int) -> None:
        """Make the last ``blocks`` of what ``network`` returned trainable."""
