"""Weights: a file that a backbone is made of, and how it comes onto a machine."""

from pathlib import Path
from typing import Protocol

from classifier.engine.errors import WeightsUnavailable


class Weights(Protocol):
    """`weights_dir` is the folder that the operator names in LOUPE_WEIGHTS_DIR, if any."""

    @property
    def name(self) -> str:
        """What the file is called."""

    def at_hand(self, weights_dir: Path | None) -> Path | None:
        """Return where the file is on this machine; downloads and checks nothing."""

    def checked(self, weights_dir: Path | None) -> Path | None:
        """Return the file, None where it is not on this machine; downloads nothing.

        Raises WeightsUnavailable where it is not the file that it should be.
        """

    def found(self, weights_dir: Path | None) -> Path:
        """Return the file, checked; downloads nothing. Raises WeightsUnavailable."""

    def missing(self) -> WeightsUnavailable:
        """Return the error that says how the file comes onto this machine."""
