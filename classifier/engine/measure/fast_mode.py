"""Whether a faster file of a model may answer in place of the served one. Facts in, verdict out."""

from dataclasses import dataclass
from typing import ClassVar

from classifier.engine.measure.flips import MOST_FLIPPED
from classifier.engine.measure.intervals import probably, share_interval
from classifier.engine.versioned import Versioned

# A file must take at most this share of the processor's time, or it is not worth a flip.
MOST_TIME = 0.9


@dataclass(frozen=True, kw_only=True)
class FastCheck(Versioned):
    """A fast file beside the served one.

    Of ``images`` test images ``flipped`` get another class; ``largest_difference`` is that of a
    probability. Milliseconds are of one core for one image, on the machine that checked.
    ``left_float`` of the ``convolutions`` calculate in float32 as before; ``calibrated_on`` images
    of the train split gave the ranges.
    """

    SCHEMA: ClassVar[int] = 1

    images: int
    flipped: int
    largest_difference: float
    float32_ms: float
    fast_ms: float
    float32_bytes: int
    fast_bytes: int
    convolutions: int
    left_float: int
    calibrated_on: int

    @property
    def flipped_share(self) -> float:
        """The share of the test images that get another class, 0..1."""
        return self.flipped / self.images

    @property
    def flipped_interval(self) -> tuple[float, float] | None:
        """Where that share lies on new images, 95 % (Wilson's)."""
        return share_interval(self.flipped_share, self.images)

    @property
    def of_images(self) -> str:
        """How many images that is of, for people."""
        return f"of {self.images:,}"

    @property
    def flipped_words(self) -> str:
        """The share and where it lies on new images, for people."""
        interval = self.flipped_interval
        return _percent(self.flipped_share) + (f", {probably(*interval)}" if interval else "")

    @property
    def float32_time(self) -> str:
        """The served file's time, for people."""
        return f"{self.float32_ms:.1f} with float32"

    @property
    def times_faster(self) -> float:
        """How many images it answers in the time that the served file takes for one."""
        return self.float32_ms / self.fast_ms

    @property
    def refusal(self) -> str:
        """Why it may not answer, with the figures; empty where it may."""
        reasons = []
        if self.flipped > MOST_FLIPPED * self.images:
            reasons.append(
                f"{self.flipped:,} of {self.images:,} test images "
                f"({_percent(self.flipped_share)}) get another answer; at most "
                f"{_percent(MOST_FLIPPED)} may."
            )
        if self.fast_ms > MOST_TIME * self.float32_ms:
            reasons.append(
                f"int8 isn't faster here: {self.fast_ms:.1f} ms of a core for an image, against "
                f"{self.float32_ms:.1f} of float32; it must take at most "
                f"{MOST_TIME * 100:.0f} % of that."
            )
        return " ".join(reasons)


def _percent(share: float) -> str:
    # With two digits: a hundredth decides.
    return f"{share * 100:.2f} %"
