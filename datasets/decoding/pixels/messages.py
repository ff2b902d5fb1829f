"""What both sides of a decoding process know."""

import numpy as np
import numpy.typing as npt

# Files that a request brings along, bytes that it or its answer takes.
MAX_FILES = 16
MAX_MESSAGE = 1 << 16

Pixels = npt.NDArray[np.uint8]
# Why contents (SHA-256) cannot be decoded.
Faults = dict[str, str]
