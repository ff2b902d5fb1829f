"""Which numbers of an image a classic method learns from. Imports no library but NumPy."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

Kind = Literal["vectors", "pixels", "hog", "lbp", "colours", "hog_lbp_colours"]
KINDS = get_args(Kind)
PARTS = {"hog_lbp_colours": ("hog", "lbp", "colours")}

# HOG: unsigned directions of 20 degrees, blocks of two by two cells (Dalal and Triggs, 2005).
DIRECTIONS, BLOCK = 9, 2
# LBP: eight points on a circle of radius 1; patterns with at most two changes by their number of
# ones, all others together (Ojala et al., 2002).
POINTS = 8
PATTERNS = POINTS + 2
# Colours: eight steps of each channel.
STEPS = 8


@dataclass(frozen=True, kw_only=True)
class FeaturePlan:
    """What is computed of an image: ``kind``, from a square of ``side`` pixels.

    ``colour`` says whether pixels keep their three channels; HOG and LBP are always of grey.
    Histograms are taken in ``cells`` × ``cells`` equal squares; pixels left over at the right and
    the lower edge, where ``side`` is no multiple of ``cells``, count for none.
    """

    kind: Kind
    side: int
    colour: bool
    cells: int

    @property
    def parts(self) -> tuple[str, ...]:
        """The kinds of features that are put together, in their order."""
        return PARTS.get(self.kind, (self.kind,))

    @property
    def cell(self) -> int:
        """The side of a cell, in pixels."""
        return self.side // self.cells

    def width(self, vector_width: int = 0) -> int:
        """Return how many numbers an image has; ``vector_width`` is that of the backbone."""
        return sum(self._width(part, vector_width) for part in self.parts)

    def names(self, vector_width: int = 0) -> list[str]:
        """Return what each number is, in words."""
        return [name for part in self.parts for name in self._names(part, vector_width)]

    def as_map(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | None:
        """Return where in the image the values (width,) lie, as a square; None where nowhere.

        Values of channels, directions and patterns at one place are summed up.
        """
        if self.kind == "vectors":
            return None
        if self.kind == "pixels":
            return values.reshape(self.side, self.side, -1).sum(axis=2)
        found = np.zeros((self.cells, self.cells))
        start = 0
        for part in self.parts:
            width = self._width(part, 0)
            own = values[start : start + width]
            start += width
            if part == "hog":
                blocks = self.cells - BLOCK + 1
                by_block = own.reshape(blocks, blocks, BLOCK, BLOCK, DIRECTIONS).sum(axis=4)
                for row in range(BLOCK):
                    for column in range(BLOCK):
                        place = np.s_[row : row + blocks, column : column + blocks]
                        found[place] += by_block[:, :, row, column]
            else:
                found += own.reshape(self.cells, self.cells, -1).sum(axis=2)
        return found

    def _width(self, part: str, vector_width: int) -> int:
        return {
            "vectors": vector_width,
            "pixels": self.side**2 * (3 if self.colour else 1),
            "hog": (self.cells - BLOCK + 1) ** 2 * BLOCK**2 * DIRECTIONS,
            "lbp": self.cells**2 * PATTERNS,
            "colours": self.cells**2 * 3 * STEPS,
        }[part]

    def _names(self, part: str, vector_width: int) -> list[str]:
        if part == "vectors":
            return [f"vector {place}" for place in range(vector_width)]
        if part == "pixels":
            channels = [" red", " green", " blue"] if self.colour else [""]
            return [
                f"pixel row {row + 1}, column {column + 1}{channel}"
                for row in range(self.side)
                for column in range(self.side)
                for channel in channels
            ]
        if part == "hog":
            blocks = range(self.cells - BLOCK + 1)
            return [
                f"cell {row + r + 1}, {column + c + 1}: edges at {place * 180 // DIRECTIONS}°"
                for row in blocks
                for column in blocks
                for r in range(BLOCK)
                for c in range(BLOCK)
                for place in range(DIRECTIONS)
            ]
        inside = (
            [f"texture {pattern}" for pattern in range(PATTERNS)]
            if part == "lbp"
            else [
                f"{channel} {step * 256 // STEPS} to {(step + 1) * 256 // STEPS - 1}"
                for channel in ("red", "green", "blue")
                for step in range(STEPS)
            ]
        )
        return [
            f"cell {row + 1}, {column + 1}: {name}"
            for row in range(self.cells)
            for column in range(self.cells)
            for name in inside
        ]
