"""The job that fits a dataset's instant model, and again as long as labels come."""

import time
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from classifier.engine.instant.cross_validation import cross_validate
from classifier.engine.instant.head import Head, Method, fit_head
from classifier.engine.instant.look_alikes import LookAlikes, look_alikes
from classifier.instant import kinds
from classifier.instant.selectors import DatasetVectors, Labels, dataset_vectors, labels_of
from classifier.instant.work.suggest import suggest
from datasets.models import Dataset, InstantModel
from datasets.selectors.instant import LEAST_LABELLED, MOST_CLASSES
from datasets.services.labelling.suggestions import (
    Fit,
    note_seen,
    store_accuracy,
    store_fit,
)
from jobs.handlers import JobContext, handles
from jobs.models import Job, Status

# The process stays this long for the next label, unless another dataset waits for its turn.
LINGER_SECONDS = 3.0
_LOOK_SECONDS = 0.05


@handles(kinds.FIT_INSTANT)
def fit_instant(context: JobContext) -> None:
    """Fit, store what it suggests, then measure it; all again while labels change meanwhile."""
    dataset = Dataset.objects.select_related("organization").get(pk=context.payload["dataset"])
    work = _Fits(context, dataset)
    while True:
        fitted = work.fit()
        if fitted is not None:
            work.measure(fitted)
        if work.waits_in_vain() and work.end_job():
            return


class _MoreLabels(Exception):
    """A label came while the job was about to end."""


@dataclass(frozen=True)
class _Read:
    """What stays the same from fit to fit."""

    vectors: DatasetVectors
    alike: LookAlikes


@dataclass(frozen=True)
class _Fitted:
    """A fit whose accuracy is not known yet."""

    head: Head
    labels: Labels
    read: _Read


class _Fits:
    def __init__(self, context: JobContext, dataset: Dataset) -> None:
        self._context = context
        self._dataset = dataset
        self._read: _Read | None = None
        self._mark: tuple[datetime | None, int] | None = None
        self._fits = 0

    def fit(self) -> _Fitted | None:
        """Fit on the labels as they stand, and keep what the head suggests."""
        self._context.check()
        self._context.progress(self._fits, None, "fits", "Learning from the labels")
        row = InstantModel.objects.filter(dataset=self._dataset).first()
        if row is None:
            self._mark = None
            return None
        self._mark = row.vectors_at, row.wanted
        read = self._read = self._what_stays(row)
        if read is None:
            return None
        labels = labels_of(self._dataset, read.vectors)
        head = _fitted(row, read.vectors, labels)
        suggested = suggest(self._dataset, read.vectors, labels, read.alike, head)
        fit = Fit(
            seen=row.wanted,
            method=head.method if head else "",
            embedding=read.vectors.embedding,
            class_ids=labels.class_ids if head else [],
            labelled=labels.labelled,
            learned_from=len(labels.rows) if head else 0,
            held_out=labels.held_out,
            head=head.weights if head else np.empty(0, np.float32),
            temperature=head.temperature if head else 1.0,
            centres=read.alike.centres,
            suggested=suggested,
        )
        with self._context.guard():
            store_fit(self._dataset, fit)
        self._fits += 1
        return None if head is None else _Fitted(head, labels, read)

    def measure(self, fitted: _Fitted) -> None:
        """Cross-validate a fit; give up where labels have changed."""
        labels, vectors = fitted.labels, fitted.read.vectors
        found = cross_validate(
            vectors.vectors[labels.rows].astype(np.float32),
            labels.labels,
            labels.groups,
            len(labels.class_ids),
            self._is_current,
        )
        if found is None:
            return
        head = fitted.head.calibrated(found.logits, labels.labels)
        suggested = suggest(self._dataset, vectors, labels, fitted.read.alike, head)
        with self._context.guard():
            store_accuracy(
                self._dataset,
                accuracy=found.accuracy,
                interval=found.interval,
                temperature=head.temperature,
                suggested=suggested,
            )

    def waits_in_vain(self) -> bool:
        """Stay for the next label; return whether none came while the process could stay."""
        until = time.monotonic() + LINGER_SECONDS
        while self._is_current():
            if time.monotonic() > until or self._others_wait():
                return True
            time.sleep(_LOOK_SECONDS)
        return False

    def end_job(self) -> bool:
        """End the job, unless a label comes just now; return whether it ended."""
        url = f"/api/v1/datasets/{self._dataset.pk}/instant-model/"
        try:
            with self._context.finish("instant_model", self._dataset.pk, url=url) as result:
                # Who labels holds this lock and starts no second job while this one runs.
                self._dataset.lock()
                if not self._is_current():
                    raise _MoreLabels
                if self._mark is not None:
                    note_seen(self._dataset, self._mark[1])
                result |= {"fits": self._fits}
        except _MoreLabels:
            return False
        return True

    def _is_current(self) -> bool:
        self._context.check()
        rows = InstantModel.objects.filter(dataset=self._dataset)
        # None: it was switched off. A row made after that counts from nothing, at another time.
        return rows.values_list("vectors_at", "wanted").first() in (self._mark, None)

    def _others_wait(self) -> bool:
        waiting = Job.objects.filter(queue=kinds.FIT_INSTANT.queue.value, status=Status.QUEUED)
        return waiting.exists()

    def _what_stays(self, row: InstantModel) -> _Read | None:
        if self._read is not None and self._read.vectors.at == row.vectors_at:
            return self._read
        self._dataset.refresh_from_db(fields=["space"])
        vectors = dataset_vectors(self._dataset, row.vectors_at)
        if vectors is None:
            return None
        return _Read(vectors, look_alikes(vectors.vectors, _kept_centres(row, vectors)))


def _fitted(row: InstantModel, found: DatasetVectors, labels: Labels) -> Head | None:
    classes = len(labels.class_ids)
    if not 2 <= classes <= MOST_CLASSES or len(labels.rows) < LEAST_LABELLED:
        return None
    vectors = found.vectors[labels.rows].astype(np.float32)
    return fit_head(vectors, labels.labels, classes, _earlier_head(row, found, labels))


def _earlier_head(row: InstantModel, found: DatasetVectors, labels: Labels) -> Head | None:
    """Return the head of the fit before, if its classes and vectors are the same."""
    if row.embedding != found.embedding or row.class_ids != labels.class_ids or not row.head:
        return None
    weights = _matrix(row.head, found.vectors.shape[1] + 1)
    return Head(Method(row.method), weights, row.temperature)


def _kept_centres(row: InstantModel, found: DatasetVectors) -> npt.NDArray[np.float32] | None:
    """Return the centres of the fit before, if the vectors are of the same kind."""
    if row.embedding != found.embedding or not row.centres:
        return None
    return _matrix(row.centres, found.vectors.shape[1])


def _matrix(content: bytes | memoryview, width: int) -> npt.NDArray[np.float32]:
    return np.frombuffer(content, "<f4").reshape(-1, width)
