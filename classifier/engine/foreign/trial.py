"""A foreign model on a few images whose classes are known: is it fed as it was trained?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from classifier.engine.foreign.scaling import SCALINGS
from classifier.engine.measure.intervals import share_interval

# So much more of the images right is no chance among some dozens.
_CLEARLY = 0.15


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What came out.

    ``right`` says how many of ``images`` the stated scaling has right, ``others`` the same by name
    of every other one; ``in_order`` how many are right with the class names in alphabetical order;
    ``chance`` how many always answering the most frequent class would have right. ``sentence`` is
    for people; ``well`` is False where something seems wrong.
    """

    images: int
    right: int
    chance: int
    others: dict[str, int]
    in_order: int
    sentence: str
    well: bool

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


def judge_trial(
    truth: Sequence[str],
    class_names: Sequence[str],
    answers: Mapping[str, Sequence[int]],
    scaling: str,
) -> Trial:
    """Return what answers (indices by scaling, the stated one under "") say about images' truth."""
    stated = answers[""]
    right = _right(truth, class_names, stated)
    others = {name: _right(truth, class_names, found) for name, found in answers.items() if name}
    ordered = _right(truth, sorted(class_names), stated)
    chance = max((truth.count(name) for name in set(truth)), default=0)
    sentence, well = _judged(right, chance, others, ordered, len(truth), scaling)
    return Trial(
        images=len(truth),
        right=right,
        chance=chance,
        others=others,
        in_order=ordered,
        sentence=sentence,
        well=well,
    )


def _right(truth: Sequence[str], names: Sequence[str], found: Sequence[int]) -> int:
    return sum(names[index] == name for index, name in zip(found, truth, strict=True))


def _judged(
    right: int, chance: int, others: Mapping[str, int], ordered: int, images: int, scaling: str
) -> tuple[str, bool]:
    said = f"Right on {right} of {images} images with the scaling that you stated"
    more = max(others, key=lambda name: others[name], default="")
    least = right + max(1, _CLEARLY * images)
    if more and others[more] >= max(least, ordered):
        return (
            f"{said} ({SCALINGS[scaling].formula}), and on {others[more]} with "
            f"{SCALINGS[more].formula} ({more}): the scaling is probably wrong. Bring the file "
            "again with that one.",
            False,
        )
    if ordered >= least:
        return (
            f"{said}, and on {ordered} if the class names stood in alphabetical order: the order "
            "is probably wrong. Bring the file again with the names in that order.",
            False,
        )
    interval = share_interval(right / images, images) if images else None
    if interval is None or interval[0] * images <= chance:
        return (
            f"{said}; always answering the most frequent class has {chance} right, so that is at "
            "chance. Other scalings do not do better. Look at the order of the class names, and "
            "at whether these images are of the kind that it was trained on.",
            False,
        )
    return f"{said}; no other scaling does clearly better.", True
