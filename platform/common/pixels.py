"""From an image file to the pixels a network sees: training, evaluation, embedding and serving.

A model sees the pixels it learned because all of them resize here. Only decoding processes call
this on strangers' files.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from common.imaging import Source, decode_rgb

Pixels = npt.NDArray[np.uint8]


def resize_rgb(image: Image.Image, size: int) -> Pixels:
    """Return the RGB image as an array (size, size, 3), values 0..255.

    The sides are scaled separately, so nothing is cut off; antialiased bilinear.
    """
    if image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.BILINEAR, reducing_gap=3.0)
    return np.asarray(image, dtype=np.uint8)


def read_pixels(source: Source, size: int) -> Pixels:
    """Return the image file as an array (size, size, 3), values 0..255; raises ImageRejected."""
    return resize_rgb(decode_rgb(source, target=size), size)
