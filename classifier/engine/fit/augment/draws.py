"""What augmentation draws for a batch: numbers from a seed and nothing else, in NumPy.

The same numbers serve a trainer's graph and a preview (``changes``), so people see what the network
sees, and a resumed training repeats what an uninterrupted one does.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.presets.augmentation import CHANGES, Augmentations

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
Draw = Callable[[str, float, float], Numbers]

# The columns of what is drawn: a projective transform (result → original), factors of colours, then
# shares of the side: a rectangle to erase, one to paste, and how much of the image is its own.
COLUMNS: dict[str, Any] = {
    "transform": slice(0, 8),
    "brightness": 8,
    "contrast": 9,
    "colour": 10,
    "blur": 11,
    "solarize": 12,
    "posterize": 13,
    "invert": 14,
    "erase": slice(15, 19),
    "paste": slice(19, 23),
    "own": 23,
}
_WIDTH = 24
# RandAugment: the strongest change of each kind, and how many an image gets.
RAND = {
    "rotate": 30.0,
    "shear": 17.0,
    "translate": 0.3,
    "brightness": 0.9,
    "contrast": 0.9,
    "colour": 0.9,
    "blur": 1.0,
    "solarize": 1.0,
    "posterize": 1.0,
    "invert": 1.0,
}
RAND_COUNT = 2


def drawn(values: Augmentations, count: int, side: int, seed: tuple[int, ...]) -> Floats:
    """Return float32 (count, 24), the ``COLUMNS`` of so many images with sides of ``side`` pixels.

    Each change has a stream of its own: turning one off leaves the others' draws as they are.
    """

    def draw(name: str, low: float, high: float) -> Numbers:
        kind, _, part = name.partition(".")
        if not getattr(values, kind):
            return np.full(count, (low + high) / 2)
        stream = (CHANGES.index(kind), int(part or 0))
        return np.random.default_rng([*seed, *stream]).uniform(low, high, count)

    found = np.zeros((count, _WIDTH), np.float32)
    if not values.any:
        return found
    extra = _rand_augment(values.rand_augment, count, draw)
    found[:, COLUMNS["transform"]] = _transforms(values, extra, side, draw)
    for name in ("brightness", "contrast", "colour"):
        reach = getattr(values, name)
        found[:, COLUMNS[name]] = (1 + draw(name, -reach, reach)) * (1 + extra[name])
    # A share of the blurred image: 0 is sharp.
    blur = draw("blur", 0, 1) if values.blur else np.zeros(count)
    found[:, COLUMNS["blur"]] = np.maximum(blur, np.abs(extra["blur"]))
    for name in ("solarize", "posterize", "invert"):
        found[:, COLUMNS[name]] = np.abs(extra[name])
    found[:, COLUMNS["erase"]] = _erased(values.random_erasing, draw)
    found[:, COLUMNS["paste"]], found[:, COLUMNS["own"]] = _mixed(values, count, side, seed)
    return found


def _rand_augment(strength: float, count: int, draw: Draw) -> dict[str, Any]:
    if not strength:
        return dict.fromkeys(RAND, np.zeros(count))
    ranks = np.stack([draw(f"rand_augment.{place}", 0, 1) for place in range(len(RAND))])
    chosen = ranks.argsort(axis=0).argsort(axis=0) < RAND_COUNT
    found = {}
    for place, (name, most) in enumerate(RAND.items()):
        sign = np.where(draw(f"rand_augment.{20 + place}", -1, 1) < 0, -1, 1)
        found[name] = chosen[place] * sign * most * strength
    # Inverting is all or nothing: it is chosen, or it is not.
    found["invert"] = (found["invert"] != 0) * 1.0
    return found


def _transforms(
    values: Augmentations, extra: dict[str, Any], side: int, draw: Draw
) -> npt.NDArray[Any]:
    """Return (n, 8) projective transforms from places in the result to places in the original."""
    mirror = np.where(draw("flip", 0, 1) < values.flip, -1.0, 1.0)
    upside = np.where(draw("flip_vertical", 0, 1) < values.flip_vertical, -1.0, 1.0)
    turn = np.radians(draw("rotate", -values.rotate, values.rotate) + extra["rotate"])
    slant = np.tan(np.radians(draw("shear", -values.shear, values.shear) + extra["shear"]))
    kept = draw("crop", 1 - values.crop, 1)
    scale = draw("zoom", 1 - values.zoom, 1 + values.zoom) * kept
    # Whole pixels: a fraction would blur every image a little, and none at test time.
    reach = values.translate * side
    right = np.round(draw("translate", -1, 1) * reach + extra["translate"] * side)
    down = np.round(draw("translate.1", -1, 1) * reach)
    room = (1 - kept) * side / 2
    right, down = right + draw("crop.1", -1, 1) * room, down + draw("crop.2", -1, 1) * room
    cosine, sine = np.cos(turn) * scale, np.sin(turn) * scale
    a, b = cosine * mirror, (cosine * slant - sine) * upside
    c, d = sine * mirror, (sine * slant + cosine) * upside
    centre, zero = (side - 1) / 2, np.zeros_like(turn)
    columns = [a, b, centre - (a + b) * centre + right, c, d, centre - (c + d) * centre + down]
    return np.stack([*columns, zero, zero], axis=1)


def _erased(probability: float, draw: Draw) -> npt.NDArray[Any]:
    """Return (n, 4): top, left, bottom, right of 2 to 33 % of the image, 0 where none is erased."""
    area = draw("random_erasing", 0.02, 0.33)
    ratio = np.exp(draw("random_erasing.1", np.log(0.3), np.log(3.3)))
    height, width = np.minimum(np.sqrt(area * ratio), 1), np.minimum(np.sqrt(area / ratio), 1)
    top = draw("random_erasing.2", 0, 1) * (1 - height)
    left = draw("random_erasing.3", 0, 1) * (1 - width)
    is_hit = draw("random_erasing.4", 0, 1) < probability
    return np.stack([top, left, top + height, left + width], axis=1) * is_hit[:, None]


def _mixed(
    values: Augmentations, count: int, side: int, seed: tuple[int, ...]
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return rectangles (n, 4) to paste, and the share (n,) of each image that is its own.

    With both MixUp and CutMix, a batch gets one of them.
    """
    nothing = np.zeros((count, 4)), np.ones(count)
    if not values.mixes or count < 2:
        return nothing
    random = np.random.default_rng([*seed, CHANGES.index("mixup")])
    pastes = not values.mixup or (bool(values.cutmix) and random.random() < 0.5)
    alpha = values.cutmix if pastes else values.mixup
    own = random.beta(alpha, alpha, count)
    if not pastes:
        return nothing[0], own
    half = np.sqrt(1 - own) / 2
    middle = random.uniform(0, 1, (2, count))
    # Whole pixels, so that the share of the class is that of the piece.
    low = np.round(np.clip(middle - half, 0, 1) * side) / side
    high = np.round(np.clip(middle + half, 0, 1) * side) / side
    boxes = np.stack([low[0], low[1], high[0], high[1]], axis=1)
    return boxes, 1 - (high - low).prod(axis=0)
