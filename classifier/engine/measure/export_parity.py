"""Whether an exported file answers as the served one does. Facts in, verdict out."""

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from classifier.engine.versioned import Versioned


class Tolerance(NamedTuple):
    """How far answers of a file may be; what is None may be as far as it likes.

    ``difference`` is the most that a probability may differ, ``flipped_share`` the greatest share
    of images that may get another class.
    """

    difference: float | None = None
    flipped_share: float | None = None


# The same sums in another order, by other libraries.
FLOAT = Tolerance(difference=1e-3)
# Weights were rounded or left out, so that probabilities move: what counts is who wins.
ROUNDED = Tolerance(flipped_share=0.01)


@dataclass(frozen=True, kw_only=True)
class ExportParity(Versioned):
    """An exported file, run as a file, beside the served one.

    Of ``images`` of ``split`` the file gets ``accuracy`` (0..1) right, ``accuracy_change`` more
    than the served file; ``flipped`` get another class; ``largest_difference`` is that of a
    probability. ``latency_ms`` is from one image to its answer on the machine that measured.
    ``compressed_bytes`` is its size in a zip. ``calibrated_on`` images of the train split said
    which ranges numbers have; ``sparsity`` (0..1) of the weights were left out; both are 0 in other
    formats. The model learned from ``seen_in_training`` of the images; None where that is not
    known. What was not measured before there were formats is None.
    """

    SCHEMA: ClassVar[int] = 1

    images: int
    split: str
    accuracy: float | None
    accuracy_change: float | None
    flipped: int | None
    largest_difference: float
    latency_ms: float | None
    tolerance: Tolerance
    compressed_bytes: int | None
    calibrated_on: int
    sparsity: float
    seen_in_training: int | None = None

    @classmethod
    def upgrade(cls, values: object, number: int) -> object:
        """Read how far a Keras file was, when a file was asked about train images alone."""
        if number or not isinstance(values, dict):
            return values
        unknown: dict[str, Any] = dict.fromkeys(
            ("accuracy", "accuracy_change", "flipped", "latency_ms", "compressed_bytes")
        )
        return {
            "images": values.get("images"),
            "split": "train",
            "largest_difference": values.get("max_abs_difference"),
            "calibrated_on": 0,
            "sparsity": 0.0,
            "tolerance": Tolerance(difference=values.get("tolerance")),
            **unknown,
        }

    @property
    def words(self) -> str:
        """The figures in a sentence, for people; what was not measured is left out."""
        if self.flipped is None or self.accuracy is None or self.accuracy_change is None:
            return f"Probabilities differ by up to {self.largest_difference:.1e}."
        return (
            f"{self.flipped:,} of {self.images:,} {self.split} images get another answer than from "
            f"the served file; probabilities differ by up to {self.largest_difference:.2g}. "
            f"Accuracy {100 * self.accuracy:.1f} %, {100 * self.accuracy_change:+.1f} points."
        )

    @property
    def passed(self) -> bool:
        """Whether it answers as the served file does, as far as its format allows."""
        return not self.refusal

    @property
    def refusal(self) -> str:
        """What is past the tolerance, with the figures; empty where nothing is."""
        most, share = self.tolerance
        # A probability that is no number is past everything.
        if most is not None and not self.largest_difference <= most:
            return (
                f"A probability differs by {self.largest_difference:.2g} from the served file's; "
                f"at most {most:g} may."
            )
        if share is not None and self.flipped is not None and self.flipped > share * self.images:
            return (
                f"{self.flipped:,} of {self.images:,} {self.split} images "
                f"({100 * self.flipped / self.images:.1f} %) get another answer than from the "
                f"served file; at most {100 * share:g} % may."
            )
        return ""
