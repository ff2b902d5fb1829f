"""Vectors of the images that doubtful answers are about, by the network that gave the answers.

Nothing of them is stored: an image of a prediction may go at any time.
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from classifier.engine.errors import EngineError
from classifier.engine.runtime.decider import unit_rows
from classifier.models import BatchResult, KeptPrediction, ModelVersion
from datasets.decoding.pixels.decoders import PixelDecoders
from storage import durable
from storage.names import blob_name

if TYPE_CHECKING:
    from classifier.engine.runtime.predictor import Predictor

logger = logging.getLogger(__name__)
# So many of the most uncertain are compared: some 20 ms of a core each.
MOST_COMPARED = 1_000
_AT_ONCE = 32
Progress = Callable[[int, int], None]


def vectors_of_answers(
    version: ModelVersion, files: dict[Any, str], progress: Progress
) -> tuple[list[Any], npt.NDArray[np.float32]]:
    """Return the sources whose image can be read, and their vectors (n, width) of length 1.

    `files` says where the image of each lies. Nothing comes back where the version's file gives no
    vectors, or cannot be opened.
    """
    # ONNX Runtime is for this process alone.
    from classifier.engine.runtime.predictor import Predictor

    none = np.empty((0, 0), np.float32)
    if version.served_file is None or not files:
        return [], none
    try:
        predictor = Predictor.load(version.served_path, version.served_file["sha256"])
    except EngineError as error:
        # The queue has its other order.
        logger.error("no vectors of %s: %s", version, error)
        return [], none
    if not predictor.has_vectors:
        return [], none
    with durable.borrowed(list(files.values())) as paths:
        places = dict(zip(files, paths, strict=True))
        return _vectors(predictor, places, progress)


def _vectors(
    predictor: "Predictor", places: dict[Any, Path], progress: Progress
) -> tuple[list[Any], npt.NDArray[np.float32]]:
    names = {str(source): source for source in places}
    view = predictor.views[0]
    read: list[str] = []
    found: list[npt.NDArray[np.float32]] = []
    with PixelDecoders(lambda name: places[names[name]]) as decoders:
        for block in decoders.blocks(list(names), view.size, view.fit):
            readable, pixels = block.readable()
            for start in range(0, len(readable), _AT_ONCE):
                _, vectors = predictor.predict_with_vectors(pixels[start : start + _AT_ONCE])
                found.append(unit_rows(vectors))
                read += readable[start : start + _AT_ONCE]
                progress(len(read), len(names))
    vectors = np.concatenate(found) if found else np.empty((0, 0), np.float32)
    return [names[name] for name in read], vectors


def files_of_predictions(ids: Sequence[Any]) -> dict[Any, str]:
    """Return where the images of kept predictions lie, in the order of the ids."""
    rows = KeptPrediction.objects.in_bulk(list(ids))
    return {pk: rows[pk].file_names[0] for pk in ids if pk in rows}


def files_of_results(ids: Sequence[Any]) -> dict[Any, str]:
    """Return where the images of a batch's results lie, in the order of the ids."""
    rows = BatchResult.objects.in_bulk(list(ids))
    return {pk: blob_name(rows[pk].sha256) for pk in ids if pk in rows and rows[pk].sha256}
