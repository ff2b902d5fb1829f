"""How far answers from stored vectors are from those that the served file gives to the pixels."""

from dataclasses import dataclass

from classifier.engine import target

# Past this share of other answers, a head is fitted again on vectors of full precision.
MOST_FLIPPED = 0.005


@dataclass(frozen=True)
class Flips:
    """What was compared.

    Of ``images``, ``flipped`` got another class; ``largest_difference`` is that of a probability.
    """

    images: int
    flipped: int
    largest_difference: float

    @property
    def too_many(self) -> bool:
        """Whether more answers flipped than rounding may."""
        return self.flipped > MOST_FLIPPED * self.images


def flips(from_vectors: target.Scores, served: target.Scores) -> Flips:
    """Compare probabilities (n, classes) of the same images."""
    if not len(served):
        return Flips(0, 0, 0.0)
    other = target.decide(from_vectors) != target.decide(served)
    return Flips(len(served), int(other.sum()), float(abs(from_vectors - served).max()))
