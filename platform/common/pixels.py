"""From an image file to the pixels a network sees: training, evaluation, embedding and serving.

A model sees the pixels it learned because all of them resize here. Only decoding processes call
this on strangers' files.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from common.fit import BAR, Fit
from common.imaging import Source, decode_rgb

Pixels = npt.NDArray[np.uint8]


def resize_rgb(image: Image.Image, size: int, fit: Fit = "stretch") -> Pixels:
    """Return the RGB image as an array (size, size, 3), values 0..255; antialiased bilinear.

    A square image gives the same array whatever the fit.
    """
    if fit == "crop":
        image = image.crop(_middle(image.size)) if image.width != image.height else image
    if fit == "pad" and image.width != image.height:
        scale = size / max(image.size)
        sides = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        square = Image.new("RGB", (size, size), BAR)
        square.paste(_resized(image, sides), ((size - sides[0]) // 2, (size - sides[1]) // 2))
        image = square
    return np.asarray(_resized(image, (size, size)), dtype=np.uint8)


def read_pixels(source: Source, size: int, fit: Fit = "stretch") -> Pixels:
    """Return the image file as an array (size, size, 3), values 0..255; raises ImageRejected."""
    return resize_rgb(decode_rgb(source, target=size), size, fit)


def read_whole(source: Source, side: int) -> Pixels:
    """Return the image file in its own proportions (height, width, 3), values 0..255.

    Its longer side has ``side`` pixels, or fewer where the file has. Raises ImageRejected.
    """
    image = decode_rgb(source, target=side)
    scale = min(1.0, side / max(image.size))
    sides = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return np.asarray(_resized(image, sides), dtype=np.uint8)


def _middle(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the box of the largest square in the middle: left, top, right, bottom."""
    side = min(size)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    return left, top, left + side, top + side


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    if image.size == size:
        return image
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=3.0)
