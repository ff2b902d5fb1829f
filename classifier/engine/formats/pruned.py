"""A model file in which the smallest weights are zero, so that it compresses; without training.

Magnitude pruning (Han et al., 2015), tensor by tensor. The file calculates as before and is as
large on the disk: what gets smaller is its zip, which is what is sent.
"""

import math
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from classifier.engine.errors import BadData
from classifier.engine.files import written_whole
from classifier.engine.measure.flips import flips
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.samples import Pixels

# The first that holds the answers on other images is taken, else the last.
SHARES = (0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
# Smaller tensors are scales and depthwise filters: little to gain, and much to lose.
_LEAST = 2000


def write_pruned(served: Path, output: Path, other: Pixels) -> float:
    """Write the served file with as many weights left out as the answers bear; return their share.

    ``other`` are images on which the share is chosen, none of those that the file is judged by.
    The share is that of all weights. Raises BadData for a file without large tensors of weights.
    """
    expected = Predictor.load(served).predict(other)
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        path = Path(folder) / "pruned.onnx"
        found = 0.0
        for share in SHARES:
            found = _pruned(served, path, share)
            if not flips(expected, Predictor.load(path).predict(other)).too_many:
                break
        with written_whole(output) as part:
            part.write_bytes(path.read_bytes())
    return found


def _pruned(served: Path, path: Path, share: float) -> float:
    """Write the file with this share of each large tensor zero; return the share of all weights."""
    proto = onnx.load(str(served))
    floats = [each for each in proto.graph.initializer if each.data_type == onnx.TensorProto.FLOAT]
    large = [each for each in floats if len(each.dims) > 1 and math.prod(each.dims) >= _LEAST]
    if not large:
        raise BadData("The model has no layers of many weights, of which some could be left out.")
    zeros = 0
    for tensor in large:
        values = numpy_helper.to_array(tensor).copy()
        sizes = np.abs(values).ravel()
        least = np.partition(sizes, int(share * sizes.size) - 1)[int(share * sizes.size) - 1]
        values[np.abs(values) <= least] = 0
        zeros += int((values == 0).sum())
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    path.write_bytes(proto.SerializeToString(deterministic=True))
    return zeros / sum(math.prod(each.dims) for each in floats)
