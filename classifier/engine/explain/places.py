"""Where a place of an image lies in the square that a model sees, along each of its axes."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from common.fit import Fit

Shares = npt.NDArray[np.float64]


class Axis(NamedTuple):
    """A share of the image's side lies at ``start + scale · share`` of the square's."""

    start: float
    scale: float

    def in_square(self, shares: Shares) -> Shares:
        """Return where shares of the image's side lie; below 0 and above 1 is outside."""
        return self.start + self.scale * shares


def axes_of(fit: Fit, width: int, height: int) -> tuple[Axis, Axis]:
    """Return the axis downwards and the axis to the right; see ``common.pixels.resize_rgb``."""
    if fit == "stretch":
        return Axis(0.0, 1.0), Axis(0.0, 1.0)
    reference = max(width, height) if fit == "pad" else min(width, height)
    down, right = height / reference, width / reference
    return Axis((1 - down) / 2, down), Axis((1 - right) / 2, right)
