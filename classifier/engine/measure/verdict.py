"""The verdict: what a report means, in plain words. Facts in, sentences out.

Each sentence comes from one rule, stated in the docstring of its function; a rule that has nothing
to say returns nothing. The user guide has the same rules as a table.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from classifier.engine.measure.confusion import ConfusionMatrix
from classifier.engine.measure.intervals import (
    percent,
    probably,
    share_interval,
    wilson,
)
from classifier.engine.measure.verdict_facts import VerdictFacts

WIDE = 0.15
MANY_EACH = 10
IMBALANCED = 10.0
GAP = 0.10
IMPROVING = 0.01
GREW = 1.1


@dataclass(frozen=True)
class Sentence:
    """One sentence and the rule that it comes from; ``tone`` is good, wait (mind this) or bad."""

    rule: str
    text: str
    tone: str


Said = Iterator[Sentence]


def verdict(facts: VerdictFacts) -> list[Sentence]:
    """Return what there is to say, the most important first; never empty."""
    return [sentence for rule in RULES for sentence in rule(facts)]


def as_text(sentences: Sequence[Sentence]) -> str:
    """Return the sentences as one text."""
    return " ".join(sentence.text for sentence in sentences)


def guessing(facts: VerdictFacts) -> Said:
    """Better than guessing: the accuracy's 95 % lower bound is above the largest class's share.

    With the range on new images, which only images that the model did not learn from can tell.
    """
    matrix = facts.matrix
    if matrix is None or not matrix.images:
        text = f"Nothing is known about new images: {facts.why_no_matrix}."
        yield Sentence("guessing", text, "bad")
        return
    low, high = wilson(matrix.correct, matrix.images)
    name, size = matrix.largest
    share = size / matrix.images
    if facts.own and facts.split == "train":
        text = (
            f"Right on {percent(matrix.correct / matrix.images)} of the images that it learned "
            "from, which says nothing about new ones."
        )
        yield Sentence("guessing", text, "wait")
    elif size == matrix.images:
        text = (
            f"All {size:,} images are of the class {_named(name)}, so they cannot show whether it "
            "tells classes apart."
        )
        yield Sentence("guessing", text, "bad")
    elif low > share:
        text = f"Better than guessing; {probably(low, high)} right on new images."
        yield Sentence("guessing", text, "good")
    else:
        text = (
            f"Not shown to be better than guessing: {probably(low, high)} right on new images, and "
            f"always answering {_named(name)} would be right on {percent(share)}."
        )
        yield Sentence("guessing", text, "bad")


def seen_before(facts: VerdictFacts) -> Said:
    """The images chose its best epoch, or some of them were among those that it learned from."""
    if facts.own and facts.split == "validation":
        text = "These images chose its best epoch, so new ones may go worse."
        yield Sentence("seen_before", text, "wait")
    elif facts.seen and not (facts.own and facts.split == "train"):
        text = (
            f"{facts.seen:,} of these images were among those that it was trained on, so new ones "
            "may go worse."
        )
        yield Sentence("seen_before", text, "wait")
    elif facts.from_elsewhere:
        text = (
            "It was not all trained here, so Loupe cannot know whether it learned from these "
            "images: if it did, new ones may go worse."
        )
        yield Sentence("seen_before", text, "wait")
    elif facts.instant:
        made_of = "" if facts.instant == "It" else ", or was made of one"
        text = (
            f"{facts.instant} is an instant model{made_of}. Which images that one learned from was "
            "not written down: if these were among them, new ones may go worse."
        )
        yield Sentence("seen_before", text, "wait")


def one_answer(facts: VerdictFacts) -> Said:
    """It answers one class alone, although the images are of several."""
    if facts.matrix is not None and facts.matrix.only_answer is not None:
        text = f"It answers {_named(facts.matrix.only_answer)} for every image."
        yield Sentence("one_answer", text, "bad")


def few_images(facts: VerdictFacts) -> Said:
    """The range is wider than 15 percentage points."""
    images = facts.matrix.images if facts.matrix is not None else 0
    if facts.matrix is None or not images:
        return
    low, high = wilson(facts.matrix.correct, images)
    if high - low > WIDE:
        tested = f"{images:,} images were" if images > 1 else "one image was"
        text = f"The range is wide because only {tested} tested: test on more."
        yield Sentence("few_images", text, "wait")


def confused(facts: VerdictFacts) -> Said:
    """The pair of classes with the most mistakes, from two mistakes on, where it does not guess."""
    matrix = facts.matrix
    if matrix is None or not _better(matrix):
        return
    worst = matrix.worst_pair
    if worst is not None:
        true, predicted, count = worst
        text = (
            f"{_named(matrix.class_names[true])} is taken for "
            f"{_named(matrix.class_names[predicted])} most often: {count:,} of "
            f"{matrix.recalls[true][1]:,}."
        )
        yield Sentence("confused", text, "wait")


def weak_class(facts: VerdictFacts) -> Said:
    """The class found least: its recall is ten points or more below the accuracy, beyond chance.

    Beyond chance: even the upper bound of its recall is below. Of classes with ten images or more,
    and not the one that ``confused`` has named already.
    """
    matrix = facts.matrix
    if matrix is None or not _better(matrix):
        return
    worst = matrix.worst_pair
    named = worst[0] if worst is not None else None
    accuracy = matrix.correct / matrix.images
    found = [
        (right / size, index)
        for index, (right, size) in enumerate(matrix.recalls)
        if size >= MANY_EACH
        and accuracy - right / size >= GAP
        and wilson(right, size)[1] < accuracy
    ]
    if found and min(found)[1] != named:
        index = min(found)[1]
        right, size = matrix.recalls[index]
        text = f"Of {_named(matrix.class_names[index])} only {right:,} of {size:,} are found."
        yield Sentence("weak_class", text, "wait")


def memorises(facts: VerdictFacts) -> Said:
    """Ten points or more better on train than on validation, by more than chance.

    By more than chance: the train accuracy is above the upper bound of the validation accuracy.
    """
    fit = facts.fit
    interval = share_interval(fit.val_accuracy, fit.validation_images) if fit else None
    if fit is None or fit.val_accuracy is None or interval is None:
        return
    if fit.accuracy - fit.val_accuracy >= GAP and fit.accuracy > interval[1]:
        more = "try augmentation" if fit.augmentation == "none" else "add images"
        if fit.augmentation not in ("none", "full"):
            more = "try more augmentation, or add images"
        if fit.classic:
            more = "add images, or choose settings that follow them less closely"
        if fit.head_alone:
            more = "add images, or try fine-tuning"
        text = (
            f"It memorises its training images ({percent(fit.accuracy)} right on them, "
            f"{percent(fit.val_accuracy)} on validation): {more}."
        )
        yield Sentence("memorises", text, "wait")


def loss_grew(facts: VerdictFacts) -> Said:
    """The loss on the train split ended 10 % or more above that of the first epoch.

    Gradients are clipped, so a rate that is too high rarely leads to a loss that is no number.
    """
    fit = facts.fit
    if fit is None or fit.first_loss is None or fit.last_loss is None:
        return
    if fit.epochs > 1 and fit.last_loss >= GREW * fit.first_loss:
        text = (
            f"Its loss grew from {fit.first_loss:.3g} in the first epoch to {fit.last_loss:.3g} in "
            f"the last, with {fit.rates}: choose a smaller learning rate."
        )
        yield Sentence("loss_grew", text, "bad")


def still_improving(facts: VerdictFacts) -> Said:
    """All planned epochs ran, the last was the best, its validation loss fell by 1 % or more."""
    fit = facts.fit
    if fit is None or fit.last_val_losses is None or fit.epochs < fit.planned:
        return
    before, last = fit.last_val_losses
    if fit.best_epoch == fit.epochs and before - last >= IMPROVING * before:
        text = "It was still improving at its last epoch: train for more epochs."
        yield Sentence("still_improving", text, "wait")


def stopped_early(facts: VerdictFacts) -> Said:
    """Validation had not improved for as many epochs as the settings allow."""
    fit = facts.fit
    if fit is not None and fit.stopped_early:
        epochs = "1 epoch" if fit.patience == 1 else f"{fit.patience} epochs"
        text = (
            f"It stopped after {fit.epochs} of {fit.planned} epochs, when validation had not "
            f"improved for {epochs}."
        )
        yield Sentence("stopped_early", text, "good")


def imbalance(facts: VerdictFacts) -> Said:
    """The largest class has more than ten times the training images of the smallest."""
    counts = {
        name: size for name, size in (facts.fit.train_counts if facts.fit else {}).items() if size
    }
    if not counts:
        return
    least, most = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
    if counts[most] > IMBALANCED * counts[least]:
        text = (
            f"It learned from {counts[most]:,} images of {_named(most)} and only "
            f"{counts[least]:,} of {_named(least)}: add images of the small classes."
        )
        yield Sentence("imbalance", text, "wait")


RULES: tuple[Callable[[VerdictFacts], Said], ...] = (
    guessing,
    seen_before,
    one_answer,
    few_images,
    confused,
    weak_class,
    memorises,
    loss_grew,
    still_improving,
    imbalance,
    stopped_early,
)


def _better(matrix: ConfusionMatrix) -> bool:
    """Whether the mistakes mean something: those of a model that guesses do not."""
    if not matrix.images or matrix.only_answer is not None:
        return False
    return wilson(matrix.correct, matrix.images)[0] > matrix.largest[1] / matrix.images


def _named(class_name: str) -> str:
    return f"“{class_name}”"
