"""How an image of other proportions becomes the square that a model sees; `pixels` does it."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

# Its sides are scaled separately, what sticks out of the square in its middle is cut off, or bars
# of middle grey fill the square up.
Fit = Literal["stretch", "crop", "pad"]
FITS: tuple[Fit, ...] = get_args(Fit)
# About 0 for a network that takes -1..1.
BAR = (128, 128, 128)


def stored_fit(values: Mapping[str, Any]) -> Fit:
    """Return the fit in stored facts or settings; before there was a choice all were stretched."""
    fit: Fit = values.get("fit", "stretch")
    return fit
