"""What a run answered to its validation split: by class, and on the images that people watch."""

from dataclasses import dataclass

import numpy as np

from accounts.selectors.sharing import may_read
from classifier.engine.curves import best_epoch
from classifier.models import EpochAnswers, TrainingRun
from classifier.training.selectors.runs import epochs_of
from common.errors import NotFound
from datasets.models import Image
from datasets.selectors.versions import samples_with


@dataclass(frozen=True)
class ClassAccuracy:
    """How many of a class's validation images are answered right.

    `history` has the share right, 0..1, after each of some epochs; None without images.
    """

    class_name: str
    images: int
    correct: int
    history: list[float | None]

    @property
    def accuracy(self) -> float | None:
        """The share that is right; None of a class without validation images."""
        return self.correct / self.images if self.images else None


@dataclass(frozen=True)
class WatchedImage:
    """A validation image, its class, and what was answered after each of some epochs."""

    image: Image
    name: str
    class_name: str
    predicted: list[str]
    probability: list[float]


def answered_epochs(run: TrainingRun) -> list[int]:
    """Return the epochs that have answers; 0 alone for a method that is fitted in one go."""
    rows = EpochAnswers.objects.filter(run=run).order_by("epoch")
    return list(rows.values_list("epoch", flat=True))


def told_epoch(run: TrainingRun, answered: list[int]) -> int | None:
    """Return the best epoch so far, or the last that has answers; None before there is any."""
    best = best_epoch(epochs_of(run))
    return best if best in answered else answered[-1] if answered else None


def class_accuracies(
    run: TrainingRun, epoch: int, history: list[int] | None = None
) -> list[ClassAccuracy]:
    """Return the figures of every class after `epoch`, in the version's order.

    Their history is that of the epochs `history`. Raises `NotFound` for an epoch without answers.
    """
    wanted = list(history or [])
    rows = EpochAnswers.objects.filter(run=run, epoch__in={*wanted, epoch})
    correct = {row.epoch: row.unpacked.correct for row in rows}
    if epoch not in correct:
        raise NotFound(f"This run has no answers of epoch {epoch}.")
    names = run.dataset_version.class_names
    images = np.array(run.watched["counts"])
    shares = [np.divide(correct[each], np.maximum(images, 1)).tolist() for each in wanted]
    return [
        ClassAccuracy(
            class_name=name,
            images=int(images[place]),
            correct=int(correct[epoch][place]),
            history=[share[place] if images[place] else None for share in shares],
        )
        for place, name in enumerate(names)
    ]


def watched_images(run: TrainingRun, epochs: list[int]) -> list[WatchedImage]:
    """Return the watched images with their answers after each of these epochs, in their order.

    Without those that were forgotten since; none where another organization shared them, and no
    longer does.
    """
    if not may_read(run.organization, run.dataset_version.dataset.subject):
        return []
    rows = EpochAnswers.objects.filter(run=run, epoch__in=epochs).order_by("epoch")
    answers = [row.unpacked for row in rows]
    names = run.dataset_version.class_names
    watched = run.watched["images"]
    samples = samples_with(run.dataset_version, {content for content, _ in watched})
    return [
        WatchedImage(
            image=samples[content, index].image,
            name=samples[content, index].name,
            class_name=names[index],
            predicted=[names[each.predicted[place]] for each in answers],
            probability=[round(float(each.probability[place]), 4) for each in answers],
        )
        for place, (content, index) in enumerate(watched)
        # One that was forgotten since is no sample any more.
        if (content, index) in samples
    ]


def why_not_measured(run: TrainingRun, answered: list[int]) -> str | None:
    """Return in a sentence why there are no answers (yet); None where there are."""
    if answered:
        return None
    if not (sum(run.watched["counts"]) if run.watched else run.validation_images):
        return "Not measured: the dataset version has no validation images."
    if not run.job.is_terminal:
        return (
            "They come with the end of the first epoch."
            if run.planned_epochs
            else "They come when the method is fitted: it has no epochs."
        )
    if run.metrics or epochs_of(run):
        return "Not measured: the run is from before Loupe kept these answers."
    return "Not measured: the run ended before its first epoch did."
