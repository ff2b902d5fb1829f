"""What a quality report could not check, in sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from common.sentences import listed
from datasets.analysis.label_errors import FEWEST
from datasets.selectors.quality_facts import Facts


@dataclass(frozen=True)
class LabelCheck:
    """How label errors were looked for; `embedding` is empty where they were not.

    `agreement`: how often the check's own classifier agreed with the given class, None where it
    could not look; `small_classes`: names of classes with too few images; `suspected` images
    disagree with their class, the `listed` first of them are in the report. `judge` says whose
    answers about `judged` images were taken in place of the check's own classifier's.
    """

    embedding: str
    agreement: float | None
    small_classes: list[str]
    suspected: int
    listed: int
    judge: str = ""
    judged: int = 0


NOT_LOOKED_FOR = LabelCheck("", None, [], 0, 0)


def unchecked(
    facts: Facts,
    unreadable: Sequence[str],
    labels: LabelCheck,
    cut: Sequence[str],
    *,
    to_come: str,
) -> list[str]:
    """Return the sentences; `unreadable` are names of images, `cut` sentences about long lists.

    `to_come` says how images without embeddings get them.
    """
    return [
        *_about_images(facts, unreadable),
        *_about_labels(facts, labels, to_come),
        *_about_copies(facts),
        *cut,
    ]


def _about_images(facts: Facts, unreadable: Sequence[str]) -> Iterator[str]:
    if unreadable:
        yield (
            f"{_images(len(unreadable))} could not be decoded, so nothing is known about "
            f"{'it' if len(unreadable) == 1 else 'them'}: {listed(unreadable)}."
        )
    if left_out := sum(facts.left_out):
        yield f"{_images(left_out)} left out of versions: not looked at."


def _about_labels(facts: Facts, labels: LabelCheck, to_come: str) -> Iterator[str]:
    unlabelled = sum(facts.class_ids[index] is None for index in facts.checked)
    if unlabelled:
        yield f"{_images(unlabelled)} without a class: no label to be wrong."
    if not labels.embedding:
        yield to_come
        return
    if labels.agreement is None:
        yield (
            f"Label errors were not looked for: that takes two classes of {FEWEST} or more images."
        )
        return
    if labels.small_classes:
        yield (
            f"Label errors in classes with fewer than {FEWEST} images: "
            f"{listed(labels.small_classes)}."
        )
    if labels.judge:
        yield (
            f"The check’s own classifier did not judge {_images(labels.judged)}: {labels.judge} "
            "did, which is right about as many of them or more."
        )
    if labels.suspected > labels.listed:
        yield (
            f"{_images(labels.suspected)} disagree with their class, and the check’s own "
            f"classifier is right about {labels.agreement:.0%} of the classes: only the "
            f"{labels.listed:,} surest are listed as label errors."
        )


def _about_copies(facts: Facts) -> Iterator[str]:
    if not any(facts.splits):
        yield (
            "Leaks between splits: no image came in a train, validation or test folder. "
            "The page of each version says what leaks in it."
        )
    yield "Copies that were rotated, or cropped by much more than 5 %."


def _images(count: int) -> str:
    return f"{count:,} image{'' if count == 1 else 's'}"
