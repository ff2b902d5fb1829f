"""A heat-map as a picture: in the image's proportions, alone or over the image."""

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from classifier.engine.explain.places import Axis, axes_of
from classifier.engine.samples import Pixels
from common.fit import Fit

Floats = npt.NDArray[np.floating[Any]]

# The longer side of a map alone, and of an image below the heat: heat has no finer detail.
MAP_SIDE, OVERLAY_SIDE = 256, 384
_DOWN, _RIGHT = ("upper", "middle", "lower"), ("left", "middle", "right")
# Below this share of the greatest heat nothing is drawn.
_COLD = 0.1
# Above this share of it everywhere, no place is hotter than others.
_EVEN = 0.9
# How much the hottest place covers the image.
_OPAQUE, _OVER_IMAGE = 230, 0.75
# Lightness rises with the heat, so that no eye for colours is needed (matplotlib's plasma).
_COLOURS = (
    "0d0887", "46039f", "7201a8", "9c179e", "bd3786", "d8576b", "ed7953", "fb9f3a", "fdca26",
    "f0f921",
)  # fmt: skip


def heat_of(found: Floats) -> Floats:
    """Return the map with what speaks against the class as 0."""
    return np.maximum(np.nan_to_num(np.asarray(found, np.float64)), 0)


def place_in_words(heat: Floats, fit: Fit, width: int, height: int) -> str:
    """Return in which ninth of the image the hottest place is, empty where it is cold all over.

    "all over" where it is nearly as hot everywhere.
    """
    levels = _levels(heat, fit, (width, height), (30, 30))
    if not levels.any():
        return ""
    if levels.min() > _EVEN:
        return "all over"
    row, column = divmod(int(levels.argmax()), 30)
    words = _DOWN[row // 10], _RIGHT[column // 10]
    return "middle" if words == ("middle", "middle") else " ".join(words)


def map_png(heat: Floats, fit: Fit, width: int, height: int) -> bytes:
    """Return the heat (rows, columns) of a square as a PNG, transparent where it is cold.

    It has the proportions of the image of ``width`` × ``height`` that became the square by ``fit``.
    """
    scale = MAP_SIDE / max(width, height)
    shape = max(1, round(height * scale)), max(1, round(width * scale))
    return _written(_painted(heat, fit, (width, height), shape))


def overlay_png(heat: Floats, fit: Fit, image: Pixels) -> bytes:
    """Return an image (height, width, 3) with the heat over it, as a PNG."""
    below = Image.fromarray(image)
    if max(below.size) < MAP_SIDE:
        enlarged = MAP_SIDE // max(below.size)
        sides = below.width * enlarged, below.height * enlarged
        below = below.resize(sides, Image.Resampling.NEAREST)
    width, height = below.size
    painted = _painted(heat, fit, (width, height), (height, width)).convert("RGBA")
    faded = painted.getchannel("A").point(lambda value: round(value * _OVER_IMAGE))
    painted.putalpha(faded)
    return _written(Image.alpha_composite(below.convert("RGBA"), painted).convert("RGB"))


def _painted(heat: Floats, fit: Fit, size: tuple[int, int], shape: tuple[int, int]) -> Image.Image:
    """Return a picture of ``shape`` (rows, columns) with a palette of colours and opacities."""
    levels = (_levels(heat, fit, size, shape) * 255).round().astype(np.uint8)
    picture = Image.fromarray(levels).convert("P")
    colours, opacities = _palette()
    picture.putpalette(colours)
    picture.info["transparency"] = opacities
    return picture


def _levels(heat: Floats, fit: Fit, size: tuple[int, int], shape: tuple[int, int]) -> Floats:
    """Return the heat in the image at ``shape`` (rows, columns), as shares of its greatest there.

    A square may have its hottest place in the bars beside the image.
    """
    down, right = axes_of(fit, *size)
    rows = _weights(down, shape[0], heat.shape[0])
    columns = _weights(right, shape[1], heat.shape[1])
    levels = rows @ heat @ columns.T
    return levels / max(float(levels.max()), np.finfo(np.float64).tiny)


def _weights(axis: Axis, count: int, cells: int) -> Floats:
    """Return what each of ``count`` pixels takes of each cell (count, cells): between two middles.

    Nothing for a pixel outside of the square.
    """
    shares = axis.in_square((np.arange(count) + 0.5) / count)
    places = np.clip(shares * cells - 0.5, 0, cells - 1)
    lower = np.minimum(np.floor(places).astype(int), max(0, cells - 2))
    part = places - lower
    # Without corners at the middles of the cells.
    part = part * part * (3 - 2 * part)
    found = np.zeros((count, cells))
    pixels = np.arange(count)
    found[pixels, lower] = 1 - part
    found[pixels, np.minimum(lower + 1, cells - 1)] += part
    found[(shares < 0) | (shares > 1)] = 0
    return found


def _palette() -> tuple[bytes, bytes]:
    """Return the colours of the 256 levels, and how opaque each is."""
    anchors = np.array([list(bytes.fromhex(each)) for each in _COLOURS])
    levels = np.linspace(0, 1, 256)
    at = np.linspace(0, 1, len(anchors))
    colours = np.stack([np.interp(levels, at, anchors[:, part]) for part in range(3)], axis=1)
    opaque = np.clip((levels - _COLD) / (1 - _COLD), 0, 1) ** 0.6 * _OPAQUE
    return colours.round().astype(np.uint8).tobytes(), opaque.round().astype(np.uint8).tobytes()


def _written(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()
