"""The comparison of two models in words."""

from classifier.engine.measure.paired import ALPHA, Paired


def sentence(counts: Paired, this: str, other: str) -> str:
    """Return what the counts say of the models called ``this`` and ``other``.

    "Version 3 gets 14 images right that version 2 gets wrong, and 5 the other way. …"; the other
    one's name stands within the sentence.
    """
    if not counts.differing:
        alike = f"the same {_images(counts.both)}" if counts.both else "none of the images"
        return f"{this} and {other} get {alike} right."
    return (
        f"{this} gets {_images(counts.only_this)} right that {other} gets wrong, and "
        f"{counts.only_other:,} the other way. {chance(counts)}"
    )


def chance(counts: Paired) -> str:
    """Return how likely so large a difference is between models that are alike."""
    often = f"Between equally good models chance alone does this in {_often(counts.p_value)}"
    return f"{often}: it may be chance." if counts.p_value >= ALPHA else f"{often}."


def _often(share: float) -> str:
    """Return 0.063 as "6 of 100 comparisons"."""
    # Beside the border whole percents would say the same of both sides.
    close = abs(share - ALPHA) < 0.005
    for whole in (1_000, 10_000) if close else (100, 1_000, 10_000):
        if (count := round(share * whole)) >= 1:
            return f"{count:,} of {whole:,} comparisons"
    return "fewer than 1 of 10,000 comparisons"


def _images(count: int) -> str:
    return f"{count:,} image{'' if count == 1 else 's'}"
