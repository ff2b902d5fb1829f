"""What a decision promises, and what each promise assumes, in sentences."""

from classifier.engine.measure.decision import Outcome, Wish
from classifier.engine.measure.intervals import percent

_ALIKE = "if new images come from where the validation images came from"


def assumptions(
    wish: Wish, outcome: Outcome, *, chose_epoch: bool, fast: bool, chosen_among: int = 0
) -> list[str]:
    """Return a sentence for each promise.

    ``chose_epoch``: the validation images also chose the training's best epoch; ``fast``: another
    file than the measured one answers; ``chosen_among``: how many models they chose this one from.
    """
    said = [*_precision(wish, outcome)]
    if wish.unknown_rate and not outcome.unknown_refusal:
        said.append(
            f"On average at most {percent(wish.unknown_rate)} of images of the known kind are "
            f"called unknown, {_ALIKE}; how many others are, is not promised."
        )
    said.append(
        "An answer set (coverage=) holds the true class with the chance that is asked for, on "
        f"average over all images, {_ALIKE} in the same shares of classes."
    )
    said.append(
        "Of several images answered as one thing (combine=) no precision is promised: they are "
        "accepted by the thresholds of single images, where none of them is unknown or accepted as "
        "another class. That is right as often only if they do show one thing, and are not all "
        "unsure for the same reason."
    )
    if chose_epoch:
        said.append(
            "The training chose its best epoch by the same validation images, so that a little "
            "less may hold than is said; a report on test images tells."
        )
    if chosen_among > 1:
        said.append(
            f"This model was chosen among {chosen_among} on these same images, so that a little "
            "less may hold than is said; a report on test images tells."
        )
    if fast:
        said.append(
            "Fast mode answers now, and this was measured with the served float32 file, whose "
            "answers differ in up to 0.5 % of images."
        )
    return said


def _precision(wish: Wish, outcome: Outcome) -> list[str]:
    if wish.thresholds is not None:
        return ["The thresholds were chosen by hand, so no precision is promised."]
    sure = f"With a confidence of {percent(wish.confidence)}"
    if outcome.promised is not None:
        return [
            f"{sure} at least {percent(outcome.promised)} of all accepted answers are right, "
            f"{_ALIKE} in the same shares of classes."
        ]
    if promises := outcome.promises:
        what = (
            "the class keeps its precision" if len(promises) == 1 else "all of these classes keep"
        )
        kept = what if len(promises) == 1 else f"{what} the precision that each was asked for"
        return [f"{sure} {kept} among accepted answers, {_ALIKE} in the same shares of classes."]
    return []
