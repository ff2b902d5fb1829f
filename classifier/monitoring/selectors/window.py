"""Predictions that are compared: what they say, each content once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
from django.db.models import QuerySet

from accounts.models import Organization
from classifier.engine.errors import Unreadable
from classifier.engine.measure.answers import in_steps
from classifier.engine.runtime.answer import INT8
from classifier.engine.target import ImageAnswer
from classifier.models import DriftWatch, ModelVersion, Prediction

_BLOCK = 500


@dataclass(frozen=True, kw_only=True)
class Answered:
    """Predictions by what they say: top probabilities (n,), and the classes.

    `ids` are theirs, where they are predictions; `first_at` and `last_at` when they were made;
    `fast` of how many the network calculated with 8-bit integers.
    """

    confidence: npt.NDArray[np.float64]
    classes: list[str]
    ids: list[str]
    first_at: datetime | None = None
    last_at: datetime | None = None
    fast: int = 0

    @property
    def class_counts(self) -> Counter[str]:
        """How often each class was the answer."""
        return Counter(self.classes)


def predictions_of(version: ModelVersion, organization: Organization) -> QuerySet[Prediction]:
    """Return the organization's predictions of a version, each of one image.

    Those of try links have no hash: strangers' pictures say nothing of what the model works on.
    """
    return Prediction.objects.filter(
        model_version=version, organization=organization, images__isnull=True
    ).exclude(image_sha256="")


def window_rows(
    version: ModelVersion, organization: Organization, watch: DriftWatch, *, scheduled: bool
) -> QuerySet[Prediction]:
    """Return the predictions that a look may see.

    A scheduled one sees what no scheduled one has seen. What counts as usual is not compared with
    itself.
    """
    rows = predictions_of(version, organization)
    if scheduled and watch.seen_until is not None:
        rows = rows.filter(created_at__gt=watch.seen_until)
    if watch.baseline is not None:
        rows = rows.filter(created_at__gte=datetime.fromisoformat(watch.baseline["to"]))
    return rows


def different(rows: QuerySet[Prediction], most: int) -> int:
    """Return how many contents the rows are of, counted as far as `most`."""
    return rows.order_by().values("image_sha256").distinct()[:most].count()


def newest(rows: QuerySet[Prediction], most: int) -> Answered:
    """Return what the newest of the rows say, up to `most` contents."""
    return _answered(rows.order_by("-created_at", "-pk"), most)


def drawn(rows: QuerySet[Prediction], most: int) -> Answered:
    """Return what some of the rows say, up to `most` contents, drawn evenly over their time.

    Ids are drawn by chance, so their order is. Pictures that a camera takes one after the other
    are alike, and would be taken for a change.
    """
    return _answered(rows.order_by("pk"), most)


def _answered(rows: QuerySet[Prediction], most: int) -> Answered:
    confidence, classes, ids, times, fast = [], [], [], [], 0
    for pk, at, stored, precision in _each_content_once(rows):
        try:
            best = ImageAnswer.from_json(stored).classes[0]
        except (Unreadable, IndexError):
            continue
        confidence.append(best.probability)
        classes.append(best.class_name)
        ids.append(str(pk))
        times.append(at)
        fast += precision == INT8
        if len(ids) == most:
            break
    return Answered(
        confidence=in_steps(np.array(confidence, np.float64)),
        classes=classes,
        ids=ids,
        first_at=min(times, default=None),
        last_at=max(times, default=None),
        fast=fast,
    )


def _each_content_once(rows: QuerySet[Prediction]) -> Iterator[tuple]:
    """Yield id, time, answer and precision; a file that was sent again is the same image."""
    seen: set[str] = set()
    columns = rows.values_list("pk", "created_at", "answer", "precision", "image_sha256")
    for *row, sha256 in columns.iterator(chunk_size=_BLOCK):
        if sha256 not in seen:
            seen.add(sha256)
            yield tuple(row)
