"""Reading the results of a batch: filtered, in the order of its images."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.db.models import QuerySet

from accounts.models import User
from classifier.engine.measure.decision import ACCEPT, REVIEW, UNKNOWN
from classifier.models import BatchPrediction, BatchResult
from common.errors import NotFound

_AT_ONCE = 2_000
OUTCOMES = ("answered", "error")
DECISIONS = (ACCEPT, REVIEW, UNKNOWN)


@dataclass(frozen=True)
class ResultFilter:
    """Which results are wanted; what is empty keeps all.

    `outcome` is answered or error; `least`, `most` bound the probability of the first class.
    """

    class_name: str = ""
    decision: str = ""
    outcome: str = ""
    least: float | None = None
    most: float | None = None

    def apply(self, rows: QuerySet[BatchResult]) -> QuerySet[BatchResult]:
        """Keep the results that match."""
        if self.class_name:
            rows = rows.filter(class_name=self.class_name)
        if self.decision:
            rows = rows.filter(decision=self.decision)
        if self.outcome:
            rows = rows.filter(code="") if self.outcome == "answered" else rows.exclude(code="")
        if self.least is not None:
            rows = rows.filter(probability__gte=self.least)
        if self.most is not None:
            rows = rows.filter(probability__lt=self.most)
        return rows


ALL = ResultFilter()


def results_of(batch: BatchPrediction, wanted: ResultFilter = ALL) -> QuerySet[BatchResult]:
    """Return the results, those that have come so far, in the order of the batch's images."""
    return wanted.apply(BatchResult.objects.filter(batch=batch)).order_by("index")


def acceptable(batch: BatchPrediction, least: float | None) -> QuerySet[BatchResult]:
    """Return the answers that count as accepted: by their decision, or as probable as `least`."""
    rows = BatchResult.objects.filter(batch=batch, code="")
    return rows.filter(decision=ACCEPT) if least is None else rows.filter(probability__gte=least)


def each_result(batch: BatchPrediction, wanted: ResultFilter = ALL) -> Iterator[BatchResult]:
    """Yield the results page by page: who reads slowly holds no query open."""
    after = -1
    while rows := list(results_of(batch, wanted).filter(index__gt=after)[:_AT_ONCE]):
        yield from rows
        after = rows[-1].index


def visible_result(user: User, batch: BatchPrediction, index: int) -> BatchResult:
    """Return one result of a batch that `user` may see; raises `NotFound`."""
    rows = BatchResult.objects.for_user(user).select_related("image")
    found: BatchResult | None = rows.filter(batch=batch, index=index).first()
    if found is None:
        raise NotFound("This batch has no such image, or no answer about it yet.")
    return found


def in_parts(results: Iterable[BatchResult], most: int) -> Iterator[list[BatchResult]]:
    """Yield the results in their order, up to `most` together."""
    waiting = iter(results)
    while part := list(islice(waiting, most)):
        yield part
