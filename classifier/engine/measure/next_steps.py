"""What to try after a first good model: facts in, advice out. Each piece comes from one rule."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.engine.measure.auto import NextStep, Stage
from classifier.engine.measure.intervals import wilson
from classifier.engine.measure.verdict import IMBALANCED
from common.sentences import listed

Ints = npt.NDArray[np.int64]
Said = Iterator[NextStep]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the rules go by.

    ``found`` and ``asked`` (classes,) count the validation images of each class, those that the
    winner recognizes and all. ``curve`` is the advice of a learning curve on the same images (empty
    without one), ``quick`` whether one of the winner takes seconds. ``label_errors`` counts images
    that may have a wrong class, None where the check has not run. ``frozen``: of a pretrained
    network only the last layer was trained. ``weightless`` are titles of pretrained networks whose
    weights are not on this machine, ``unfitted`` what the budget left out.
    """

    stage: Stage
    title: str
    class_names: Sequence[str]
    found: Ints
    asked: Ints
    train_counts: Mapping[str, int]
    balanced: bool
    curve: str
    quick: bool
    label_errors: int | None
    frozen: bool
    weightless: Sequence[str]
    unfitted: Sequence[str]


def next_steps(facts: Facts) -> tuple[NextStep, ...]:
    """Return what to try, the cheapest first."""
    return tuple(step for rule in RULES for step in rule(facts))


def label_errors(facts: Facts) -> Said:
    """Look at images whose class the quality check doubts, or let it run."""
    if facts.label_errors is None:
        text = "Let the quality check look for images of a wrong class: they cost more than any "
        yield NextStep(rule="label_errors", text=f"{text}setting brings.")
    elif facts.label_errors:
        images = "image" if facts.label_errors == 1 else "images"
        text = f"Look at {facts.label_errors:,} {images} that may have a wrong class."
        yield NextStep(rule="label_errors", text=text)


def weakest_class(facts: Facts) -> Said:
    """The class that is recognized least, where its mistakes are not all it takes to be average."""
    known = np.flatnonzero(facts.asked)
    shares = facts.found[known] / facts.asked[known]
    if not len(known) or shares.min() == 1.0:
        return
    place = int(known[shares.argmin()])
    found, asked = int(facts.found[place]), int(facts.asked[place])
    rest = int(facts.found.sum()) / int(facts.asked.sum())
    sure = "" if wilson(found, asked)[1] < rest else ", though so few images may be chance"
    yield NextStep(
        rule="weakest_class",
        text=f"“{facts.class_names[place]}” is recognized least ({found:,} of {asked:,}{sure}): "
        "new images of it help most.",
    )


def more_images(facts: Facts) -> Said:
    """What a learning curve says, or that one would tell."""
    if facts.curve:
        yield NextStep(rule="more_images", text=facts.curve)
    elif facts.quick:
        text = "A learning curve tells within a minute what more images would bring."
        yield NextStep(rule="more_images", text=text)


def imbalance(facts: Facts) -> Said:
    """Classes of very different size, which the winner does not make up for."""
    sizes = {name: count for name, count in facts.train_counts.items() if count}
    least, most = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
    if sizes[most] > IMBALANCED * sizes[least] and not facts.balanced:
        yield NextStep(
            rule="imbalance",
            text=f"“{most}” has {sizes[most]:,} train images and “{least}” {sizes[least]:,}: try "
            "class weights, which make rare classes count.",
        )


def fine_tune(facts: Facts) -> Said:
    """The last blocks of a pretrained network were left as they came."""
    if facts.frozen:
        text = f"Only the last layer of {facts.title} was trained: fine-tune its last blocks."
        yield NextStep(rule="fine_tune", text=text)


def larger_network(facts: Facts) -> Said:
    """Pretrained networks whose weights are not here."""
    if facts.weightless:
        names = listed(facts.weightless, most=4)
        text = f"Other pretrained networks need weights here first: {names}."
        yield NextStep(rule="larger_network", text=text)


def more_time(facts: Facts) -> Said:
    """What the budget left out."""
    if facts.unfitted:
        text = f"Give it more time: {listed(facts.unfitted)} did not fit into the budget."
        yield NextStep(rule="more_time", text=text)


RULES: tuple[Callable[[Facts], Said], ...] = (
    label_errors,
    weakest_class,
    more_images,
    imbalance,
    fine_tune,
    larger_network,
    more_time,
)
