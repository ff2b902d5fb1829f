"""What a person states about a foreign model, against what its file says."""

from collections.abc import Sequence

from classifier.engine.foreign import limits
from classifier.engine.foreign.errors import ForeignRefused
from classifier.engine.foreign.scaling import SCALINGS, Input
from classifier.engine.foreign.stated import Answers, Stated


def check_size(stated: Stated, given: int | None) -> int:
    """Return the side of the images that go in; raises ForeignRefused where the two disagree."""
    if stated.size is None:
        if given is None:
            raise ForeignRefused(
                "size_needed",
                "The network takes images of any size: say the one that it was trained on "
                f"({limits.SMALLEST_SIDE} to {limits.LARGEST_SIDE} pixels a side).",
            )
        return given
    if given is not None and given != stated.size:
        raise ForeignRefused(
            "other_size",
            f"The network takes {stated.size} × {stated.size} pixels; you say {given} × {given}.",
        )
    return stated.size


def check_classes(outputs: int | None, class_names: Sequence[str]) -> None:
    """Raise ForeignRefused where there is not a name for each answer.

    One output answers for two classes: the second, and by what is missing to 1 the first.
    """
    if outputs is None:
        return
    classes = 2 if outputs == 1 else outputs
    if len(class_names) != classes:
        outputs_of = (
            "1 output, which tells two classes apart" if outputs == 1 else f"{outputs:,} outputs"
        )
        raise ForeignRefused(
            "other_classes",
            f"The network has {outputs_of}; you name {len(class_names):,} "
            f"class{'' if len(class_names) == 1 else 'es'}.",
            "Name one class for each output, in the order in which the network was trained; "
            "image_dataset_from_directory takes folders by name.",
        )


def remarks(stated: Stated, given: Input, answers: Answers | None = None) -> list[str]:
    """Return what is done with the network, and what in its file speaks against what was said."""
    found = [_of_answers(answers or stated.answers, stated.outputs)]
    scaling = SCALINGS[given.scaling]
    if stated.rescales and given.scaling != "0..255":
        found.append(
            f"The network itself scales pixels ({'; '.join(stated.steps[:3])}), and you say that "
            f"they are scaled before ({scaling.formula}): done twice, answers are at chance. If "
            "the network was trained on plain pixels, the scaling is 0..255."
        )
    if given.channels != scaling.channels:
        found.append(
            f"Colours go in as {given.channels.upper()}, as you say; {scaling.title} usually goes "
            f"with {scaling.channels.upper()}."
        )
    return [each for each in found if each]


def _of_answers(answers: Answers, outputs: int | None) -> str:
    if outputs == 1:
        return (
            "The network has one output: it is read as the probability of the second class, and "
            "what is missing to 1 as that of the first."
        )
    if answers == "logits":
        return "The network's answers are logits: Loupe adds softmax, which makes them add up to 1."
    return ""
