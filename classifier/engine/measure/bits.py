"""Yes or no for each of many images, as a short text of JSON."""

import base64

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]


def text_of(mask: Bools) -> str:
    """Return (n,) yes or no in n/6 characters."""
    return base64.b64encode(np.packbits(mask).tobytes()).decode()


def mask_of(text: str, count: int) -> Bools:
    """Return the first ``count`` of what ``text_of`` wrote."""
    bits = np.frombuffer(base64.b64decode(text), np.uint8)
    return np.unpackbits(bits, count=count).astype(bool)
