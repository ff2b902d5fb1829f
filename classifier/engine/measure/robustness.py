"""How accurate a model stays when its images get worse: what is stored of it; no ONNX Runtime."""

from dataclasses import dataclass
from typing import ClassVar

from classifier.engine.measure.intervals import share_interval
from classifier.engine.versioned import Versioned


@dataclass(frozen=True, kw_only=True)
class Worsened:
    """The accuracy on images that one corruption has made worse to one severity, from 1 to 5.

    ``strength`` says how much that is, in words.
    """

    corruption: str
    severity: int
    strength: str
    accuracy: float


@dataclass(frozen=True, kw_only=True)
class Robustness(Versioned):
    """The accuracy on ``images`` as they are (``clean``) and made worse, by corruption, severity.

    The images are spread evenly over the report's, which are in an order of chance.
    """

    SCHEMA: ClassVar[int] = 1

    images: int
    clean: float
    rows: tuple[Worsened, ...]

    @property
    def clean_interval(self) -> tuple[float, float] | None:
        """Where the clean accuracy on new images lies, 95 % (Wilson's)."""
        return share_interval(self.clean, self.images)

    @property
    def by_corruption(self) -> list[tuple[str, list[Worsened]]]:
        """The rows of each corruption."""
        tables: dict[str, list[Worsened]] = {}
        for row in self.rows:
            tables.setdefault(row.corruption, []).append(row)
        return list(tables.items())

    @property
    def worst(self) -> Worsened | None:
        """What costs the most accuracy at the middle severity; of equals the first."""
        middle = [row for row in self.rows if row.severity == 3]
        return min(middle, key=lambda row: row.accuracy, default=None)
