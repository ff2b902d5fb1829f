"""All checks of a foreign file that need no Keras, in ``process``: h5py reads strangers' bytes."""

import io
from typing import Any, NamedTuple

from classifier.engine.foreign import limits
from classifier.engine.foreign.architecture import read_architecture
from classifier.engine.foreign.errors import strange_is_refused
from classifier.engine.foreign.hdf5 import scan_weights
from classifier.engine.foreign.package import read_package
from classifier.engine.foreign.stated import Stated, read_stated
from classifier.engine.foreign.stating import check_classes, check_size


class Checked(NamedTuple):
    """A network that may be handed to Keras; ``size`` is the side of its images."""

    network: dict[str, Any]
    weights: bytes
    stated: Stated
    size: int
    numbers: int


def check(content: bytes, request: dict[str, Any]) -> Checked:
    """Return what a whole file holds; raises ForeignRefused for what breaks a rule."""
    most = limits.EXPANSION * len(content) + limits.EXPANSION_FLOOR
    package = read_package(io.BytesIO(content), most, with_weights=True)
    with strange_is_refused():
        network = read_architecture(package.config)
        stated = read_stated(network)
        size = check_size(stated, request["input"]["size"])
        check_classes(stated.outputs, request["class_names"])
    return Checked(network, package.weights, stated, size, scan_weights(package.weights))
