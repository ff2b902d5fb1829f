"""Keep what the instant model suggests, and count what it has to notice.

Each is called in the caller's transaction; the app that fits calls them.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db.models import F
from django.utils import timezone

from datasets.models import Dataset, InstantModel


@dataclass(frozen=True)
class Suggested:
    """An entry for each image without a class, in the order of `image_ids` (n, 16) uint8.

    `class_index` (n,) counts in the fit's classes, NO_CLASS where nothing is suggested;
    `probability` (n,) 0..1, of that class; `margin` (n,) its logit before the next one's;
    `group` (n,) says which look alike, `closeness` (n,) 0..1 how near the middle of its group each
    is, `groups_to_name` which groups to name, in this order.
    """

    image_ids: npt.NDArray[np.uint8]
    class_index: npt.NDArray[np.integer]
    probability: npt.NDArray[np.floating]
    margin: npt.NDArray[np.floating]
    group: npt.NDArray[np.integer]
    closeness: npt.NDArray[np.floating]
    groups_to_name: Sequence[int]

    def columns(self) -> dict[str, object]:
        """Return the arrays as the row keeps them, ordered by the images' ids."""
        order = np.lexsort(self.image_ids.T[::-1])
        return {
            "image_ids": self.image_ids[order].tobytes(),
            "class_index": self.class_index[order].astype("<u2").tobytes(),
            "probability": self.probability[order].astype("<f2").tobytes(),
            "margin": self.margin[order].astype("<f2").tobytes(),
            "group": self.group[order].astype("<u2").tobytes(),
            "closeness": self.closeness[order].astype("<f2").tobytes(),
            "groups_to_name": list(self.groups_to_name),
        }


@dataclass(frozen=True)
class Fit:
    """A fit that knew of the first `seen` changes; `InstantModel` says what the rest is."""

    seen: int
    method: str
    embedding: str
    class_ids: Sequence[uuid.UUID]
    labelled: int
    learned_from: int
    held_out: int
    head: npt.NDArray[np.float32]
    temperature: float
    centres: npt.NDArray[np.float32]
    suggested: Suggested


def note_change(dataset: Dataset) -> bool:
    """Count a change of labels; return whether there are vectors that make a fit possible."""
    return bool(InstantModel.objects.filter(dataset=dataset).update(wanted=F("wanted") + 1))


def note_vectors(dataset: Dataset) -> None:
    """Count that images have got vectors."""
    InstantModel.objects.get_or_create(dataset=dataset)
    InstantModel.objects.filter(dataset=dataset).update(
        wanted=F("wanted") + 1, vectors_at=timezone.now()
    )


def forget_suggestions(dataset: Dataset) -> None:
    """Delete the instant model and what it suggests; a fit under way finds no place to keep its."""
    InstantModel.objects.filter(dataset=dataset).delete()


def note_seen(dataset: Dataset, seen: int) -> None:
    """Count the first `seen` changes as noticed, also where nothing came of them."""
    InstantModel.objects.filter(dataset=dataset).update(seen=seen)


def store_fit(dataset: Dataset, fit: Fit) -> None:
    """Keep a fit and what it suggests in the place of the one before."""
    InstantModel.objects.filter(dataset=dataset).update(
        seen=fit.seen,
        method=fit.method,
        embedding=fit.embedding,
        class_ids=list(fit.class_ids),
        labelled=fit.labelled,
        learned_from=fit.learned_from,
        held_out=fit.held_out,
        head=fit.head.astype("<f4").tobytes(),
        temperature=fit.temperature,
        centres=fit.centres.astype("<f4").tobytes(),
        accuracy=None,
        accuracy_low=None,
        accuracy_high=None,
        fitted_at=timezone.now(),
        **fit.suggested.columns(),
    )


def store_accuracy(
    dataset: Dataset,
    *,
    accuracy: float,
    interval: tuple[float, float],
    temperature: float,
    suggested: Suggested,
) -> None:
    """Keep how right the fit is about images it did not learn from, and how sure that makes it."""
    InstantModel.objects.filter(dataset=dataset).update(
        accuracy=accuracy,
        accuracy_low=interval[0],
        accuracy_high=interval[1],
        temperature=temperature,
        fitted_at=timezone.now(),
        **suggested.columns(),
    )
