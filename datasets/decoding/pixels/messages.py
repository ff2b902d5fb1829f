"""What both sides of a decoding process know."""

import numpy as np
import numpy.typing as npt

# Files that a request brings along, bytes that it or its answer takes.
MAX_FILES = 16
MAX_MESSAGE = 1 << 16

Pixels = npt.NDArray[np.uint8]
# Why contents (SHA-256) cannot be decoded.
Faults = dict[str, str]

# How an image of other proportions becomes a square (`common.pixels`): its sides are scaled
# separately, so nothing is cut off. Whatever is kept of pixels is kept by this name.
FIT = "stretch"
