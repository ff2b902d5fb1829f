"""Numbers of many images, in files on the scratch disk: memory does not grow with the images."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.backbones.opened import OpenBackbone
from classifier.engine.errors import BadData
from classifier.engine.fit.pretrained import Pretrained
from classifier.engine.formats.classic.model_file import feature_session
from classifier.engine.presets.classic import ClassicConfig
from classifier.engine.samples import Sample, TrainingSamples, contents_of
from classifier.engine.watch import Watch

Matrix = npt.NDArray[np.float32]
ROWS = 1024
_BATCH = 32
# What may lie on the disk: 2 GiB of float32.
MOST_COMPUTED = 1 << 29
# What scikit-learn may be given: it makes copies, some in float64, of 1 GiB each.
MOST_LEARNED = 1 << 27


def rows_of(matrix: Matrix) -> Iterator[Matrix]:
    """Yield the rows (n, k), some at a time."""
    for start in range(0, len(matrix), ROWS):
        yield matrix[start : start + ROWS]


def new_matrix(path: Path, shape: tuple[int, int]) -> Matrix:
    """Return an empty matrix of float32 that lies in the file ``path``.

    Raises OSError where the disk has no room for it: a page that it could not write later would end
    the process.
    """
    found = np.lib.format.open_memmap(path, "w+", np.float32, shape)
    with path.open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return found


def converted(matrix: Matrix, convert: Callable[[Matrix], Any], path: Path) -> Matrix:
    """Return a matrix in the file ``path`` of what ``convert`` makes of the rows, some at once."""
    width = convert(np.asarray(matrix[:1])).shape[1]
    found = new_matrix(path, (len(matrix), width))
    start = 0
    for rows in rows_of(matrix):
        found[start : start + len(rows)] = convert(np.asarray(rows))
        start += len(rows)
    return found


def check_size(count: int, width: int, most: int, doing: str) -> None:
    """Raise BadData where ``count`` images of ``width`` numbers are more than ``most``."""
    if count * width > most:
        raise BadData(
            f"{count:,} images of {width:,} numbers each are {count * width:,} numbers; at most "
            f"{most:,} can be {doing}.",
            "Choose principal components, a smaller side or fewer images.",
        )


def matrix_of_features(
    samples: TrainingSamples,
    part: Sequence[Sample],
    config: ClassicConfig,
    path: Path,
    watch: Watch,
) -> Matrix:
    """Return the settings' numbers (n, width) of images, in their order. Raises Cancelled."""
    plan = config.plan
    check_size(len(part), plan.width(), MOST_COMPUTED, "computed")
    found = new_matrix(path, (len(part), plan.width()))
    if not len(part):
        return found
    contents = contents_of(part)
    rows = samples.pixels.rows(contents, plan.side, config.fit, watch.tick)
    numbers = feature_session(plan)
    done = 0
    for pixels in rows.batches(np.arange(len(part)), _BATCH):
        found[done : done + len(pixels)] = numbers(pixels)
        done += len(pixels)
        watch.tick(done, len(part))
    return found


def matrix_of_vectors(
    backbone: OpenBackbone,
    part: Sequence[Sample],
    pretrained: Pretrained,
    path: Path,
    watch: Watch,
) -> Matrix:
    """Return the backbone's vectors (n, width) of images, in their order. Raises Cancelled."""
    check_size(len(part), backbone.backbone.width, MOST_COMPUTED, "computed")
    found = new_matrix(path, (len(part), backbone.backbone.width))
    if len(part):
        [found[:]] = pretrained.vectors(backbone, part, False, watch)
    return found
