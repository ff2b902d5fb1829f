"""Images that are tiny, blank, blurred or oddly shaped, against their own set and fixed limits."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Kind = Literal["tiny", "blank", "blurred", "odd_shape"]

# Shorter side in pixels: below the first tiny (unless most images are), from the second on never.
TINY_ALWAYS, TINY_NEVER = 16, 128
# Standard deviation of the luma; 0.02 is five of 255 grey levels.
BLANK = 0.02
# log10 of the sharpness (see Fingerprint). The sharpest photograph blurred by a Gaussian of 3
# pixels at 256 is at -3.6, the blurriest good one of the animals set at -3.6 as well, so between
# these two the set itself decides.
BLURRED_ALWAYS, BLURRED_NEVER = -4.0, -3.0
# Longer side over shorter side.
ODD_SHAPE_ALWAYS, ODD_SHAPE_NEVER = 4.0, 1.5
_DEVIATIONS = 3.0


@dataclass(frozen=True)
class Outliers:
    """Images of one kind: ``indices`` (k,), worst first, with what was measured, and the limit.

    ``values`` (k,) are in the kind's unit: tiny, the shorter side in pixels; blank, the contrast;
    blurred, the sharpness; odd_shape, width over height. ``limit`` is the value beyond which images
    of this set are listed: lower ones, but for odd_shape the factor from the usual shape.
    """

    kind: Kind
    indices: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    limit: float


def find_outliers(
    *, widths: Floats, heights: Floats, contrasts: Floats, sharpness: Floats
) -> list[Outliers]:
    """Return one Outliers for each kind, empty where there are none.

    All arguments are (n,), from fingerprints. What is usual in the set is the median, and three
    deviations from it, estimated by the median absolute deviation (Leys et al. 2013), are unusual;
    fixed limits keep a good set free of findings and a bad one from passing as usual.
    """
    blank = _below("blank", np.asarray(contrasts, np.float64), BLANK)
    shorter = np.minimum(widths, heights).astype(np.float64)
    return [
        _below("tiny", shorter, _tiny_limit(shorter)),
        blank,
        _blurred(np.asarray(sharpness, np.float64), blank),
        _odd_shape(np.asarray(widths / np.maximum(heights, 1), np.float64)),
    ]


def _below(kind: Kind, values: npt.NDArray[np.float64], limit: float) -> Outliers:
    found = np.flatnonzero(values < limit)
    found = found[np.argsort(values[found], kind="stable")]
    return Outliers(kind, found, values[found], limit)


def _tiny_limit(shorter: npt.NDArray[np.float64]) -> float:
    usual = float(np.median(shorter)) if len(shorter) else 0.0
    # Where the usual image is as small, its size is what the dataset is made of, and no fault.
    lowest = TINY_ALWAYS if usual >= TINY_ALWAYS else 0
    return float(np.clip(usual / 4, lowest, TINY_NEVER))


def _blurred(sharpness: npt.NDArray[np.float64], blank: Outliers) -> Outliers:
    logarithm = np.log10(sharpness + 1e-12)
    centre, deviation = _usual(logarithm)
    limit = np.clip(centre - _DEVIATIONS * deviation, BLURRED_ALWAYS, BLURRED_NEVER)
    shown = sharpness.copy()
    shown[blank.indices] = np.inf  # nothing in them could be sharp
    return _below("blurred", shown, float(10**limit))


def _odd_shape(ratios: npt.NDArray[np.float64]) -> Outliers:
    logarithm = np.log(ratios)
    centre, deviation = _usual(logarithm)
    off = np.abs(logarithm - centre)
    # Portraits among landscapes are no outliers: a shape that a tenth has is usual as well.
    common = float(np.quantile(off, 0.9)) if len(off) else 0.0
    limit = np.clip(
        max(_DEVIATIONS * deviation, common), np.log(ODD_SHAPE_NEVER), np.log(ODD_SHAPE_ALWAYS)
    )
    far = (off > limit) | (np.abs(logarithm) > np.log(ODD_SHAPE_ALWAYS))
    found = np.flatnonzero(far)
    found = found[np.argsort(-off[found], kind="stable")]
    return Outliers("odd_shape", found, ratios[found], float(np.exp(limit)))


def _usual(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the median and the deviation; 1.4826 makes it the standard one where normal."""
    if not len(values):
        return 0.0, 0.0
    centre = float(np.median(values))
    return centre, 1.4826 * float(np.median(np.abs(values - centre)))
