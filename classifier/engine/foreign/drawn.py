"""Images that Loupe draws, to ask two forms of one network the same."""

import numpy as np

from classifier.engine.samples import Pixels

_IMAGES = 8
_NOISE = 20


def drawn_images(size: int) -> Pixels:
    """Return slopes of colour with noise (n, size, size, 3), the same ones every time."""
    random = np.random.default_rng(0)
    slope = np.linspace(0, 1, size, dtype=np.float32)[:, None]
    corners = random.uniform(0, 255, (_IMAGES, 2, 2, 3)).astype(np.float32)
    left, right = (
        corners[:, 0, None, side] * (1 - slope) + corners[:, 1, None, side] * slope
        for side in (0, 1)
    )
    images = left[:, :, None] * (1 - slope) + right[:, :, None] * slope
    return np.clip(images + random.normal(0, _NOISE, images.shape), 0, 255).astype(np.uint8)
