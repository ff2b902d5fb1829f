"""What the quality checks need of one image, taken once from its pixels while it is decoded."""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

THUMBNAIL_SIDE = 32
COLOUR_CELLS = 4

# Sharpness depends on the scale at which it is measured, so every larger image is first fitted
# into this square; a smaller one is taken as it is, because enlarging invents no detail.
_MEASURED_SIDE = 256

Thumbnails = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One image's measurements; 1.1 kB of them are bytes to be stored as they are.

    - ``width``, ``height``: in pixels;
    - ``pixels_sha256``: hexadecimal, over the size and the decoded RGB bytes, so that the same
      picture in two lossless formats, or with other metadata, has the same one;
    - ``brightness``: mean of the luma (ITU-R BT.601), 0..1; ``contrast``: its standard deviation,
      0..0.5, nought for a blank image;
    - ``sharpness``: variance of the Laplacian of the luma (0..1 scale) at 256 pixels or less on the
      longer side (Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield microscopy");
    - ``thumbnail``: 1,024 bytes, the luma squashed to 32×32; near duplicates are found by it;
    - ``colours``: 48 bytes, the mean RGB of each of 4×4 cells.
    """

    width: int
    height: int
    pixels_sha256: str
    brightness: float
    contrast: float
    sharpness: float
    thumbnail: bytes
    colours: bytes


def fingerprint(image: Image.Image) -> Fingerprint:
    """Return the fingerprint of a decoded image (mode RGB, any size from 1×1)."""
    pixels = hashlib.sha256(b"%d %d " % image.size)
    pixels.update(image.tobytes())
    measured = _fitted(image, _MEASURED_SIDE)
    luma = _luma(measured)
    # Most of an import of small images would be copies of pixels that are as they should be.
    is_square = measured.size == (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    square = measured if is_square else _squashed(measured)
    brightness, contrast = _mean_and_deviation(luma)
    return Fingerprint(
        width=image.width,
        height=image.height,
        pixels_sha256=pixels.hexdigest(),
        brightness=brightness,
        contrast=contrast,
        sharpness=_laplacian_variance(luma),
        thumbnail=(luma if is_square else _luma(square)).tobytes(),
        colours=square.reduce(THUMBNAIL_SIDE // COLOUR_CELLS).tobytes(),
    )


def stack_thumbnails(rows: Iterable[bytes]) -> Thumbnails:
    """Return stored thumbnails as one array, uint8 (n, 32, 32)."""
    flat = np.frombuffer(b"".join(rows), np.uint8)
    return flat.reshape(-1, THUMBNAIL_SIDE, THUMBNAIL_SIDE)


def stack_colours(rows: Iterable[bytes]) -> npt.NDArray[np.uint8]:
    """Return stored colours as one array, uint8 (n, 4, 4, 3)."""
    return np.frombuffer(b"".join(rows), np.uint8).reshape(-1, COLOUR_CELLS, COLOUR_CELLS, 3)


def _fitted(image: Image.Image, side: int) -> Image.Image:
    longer = max(image.size)
    if longer <= side:
        return image
    width, height = (max(1, round(length * side / longer)) for length in image.size)
    return image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)


def _squashed(image: Image.Image) -> Image.Image:
    # The gap halves the time. Levels of a photograph move by one on average, so copies are found
    # among stored thumbnails that were made without it, too (docs/benchmarks.md).
    side = (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    return image.resize(side, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _luma(image: Image.Image) -> npt.NDArray[np.uint8]:
    """Return the luma, uint8 (height, width)."""
    grey = image.convert("L")
    return np.frombuffer(grey.tobytes(), np.uint8).reshape(grey.height, grey.width)


def _mean_and_deviation(luma: npt.NDArray[np.uint8]) -> tuple[float, float]:
    """Return both on the scale 0..1; in whole numbers, so that a blank image deviates by nought."""
    # A row of up to 256 levels sums to whole numbers below 2**24, which float32 holds exactly.
    levels, count = luma.astype(np.float32), luma.size
    total = int(np.einsum("ij->i", levels).sum(dtype=np.float64))
    squares = int(np.einsum("ij,ij->i", levels, levels).sum(dtype=np.float64))
    return total / count / 255, math.sqrt(count * squares - total * total) / count / 255


def _laplacian_variance(luma: npt.NDArray[np.uint8]) -> float:
    if min(luma.shape) < 3:
        return 0.0
    height, width = luma.shape
    # In one line, where neighbours are at fixed distances; what wraps around is blanked after.
    grey = luma.ravel().astype(np.int16)
    edges = grey[: -2 * width] + grey[2 * width :]
    edges += grey[width - 1 : -width - 1]
    edges += grey[width + 1 : 1 - width]
    edges -= 4 * grey[width:-width]
    rows = edges.reshape(-1, width)
    rows[:, 0] = rows[:, -1] = 0
    flat, count = edges.astype(np.float32), (height - 2) * (width - 2)
    mean = float(flat.sum()) / count
    return float(flat @ flat / count - mean**2) / 255**2
