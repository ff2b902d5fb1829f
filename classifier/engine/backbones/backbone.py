"""Backbone: a pretrained network that turns an image into a vector; the catalogue has them all."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np

from classifier.engine.backbones.weights import Weights
from common.fit import Fit


class Backbone(ABC):
    """What is known of a backbone without opening it.

    ``name`` is what code and files call it, ``title`` what people read. ``image_size`` and ``fit``
    say which pixels it sees when it embeds, ``least_size`` is the smallest side it has room for.
    ``width`` is the length of its vectors, ``parameters`` the number of its weights, ``blocks`` how
    many blocks fine-tuning may change. ``source`` and ``licence`` are those of the weights.
    """

    name: str
    title: str
    source: str
    licence: str
    image_size: int
    fit: Fit = "stretch"
    width: int
    parameters: int
    least_size: int = 32
    weights: Weights

    @property
    @abstractmethod
    def blocks(self) -> int:
        """How many blocks fine-tuning may change."""

    @abstractmethod
    def network(self, image_size: int, weights: Path) -> Any:
        """Return the frozen Keras model (n, size, size, 3) of 0..255 → (n, width) features.

        Raises WeightsUnavailable for a damaged file. Called on workers alone, as ``thaw`` is.
        """

    @abstractmethod
    def thaw(self, network: Any, blocks: int) -> None:
        """Make the last ``blocks`` of what ``network`` returned trainable."""

    def write_onnx(self, image_size: int, weights: Path, output: Path) -> None:
        """Write the network for ONNX Runtime; by way of Keras, where a subclass knows no shorter.

        Input ``image`` (n, size, size, 3) uint8, one output, the vectors (n, width) float32. Called
        in a process of its own (``conversion``). Raises WeightsUnavailable, ExportFailed.
        """
        from classifier.engine.formats.export import check_parity, write_onnx
        from classifier.engine.formats.facts import ModelFacts

        network = self.network(image_size, weights)
        facts = ModelFacts(class_names=(), image_size=image_size, fit=self.fit, preset="features")
        write_onnx(network, facts, output)
        shape = (4, image_size, image_size, 3)
        noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        check_parity(network, output, list(noise))
