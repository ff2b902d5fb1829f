"""The classes of a report as a table to search and sort: there may be a thousand."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from classifier.engine.measure.report import ClassFigures, Report

PAGE = 100
# What it sorts by, and whether the largest comes first. Two classes stay in the model's order.
SORTS = {
    "order": ("Order of the model", None),
    "f1": ("Lowest F1", False),
    "recall": ("Lowest recall", False),
    "precision": ("Lowest precision", False),
    "average_precision": ("Lowest average precision", False),
    "support": ("Most images", True),
    "class_name": ("Name", False),
}


@dataclass(frozen=True)
class ClassTable:
    """One page of the rows that match `query`, of `total` classes; `pages` of up to 100."""

    rows: Sequence[ClassFigures]
    query: str
    sort: str
    page: int
    pages: int
    matching: int
    total: int

    @property
    def is_long(self) -> bool:
        """Whether there is reason to search: more classes than a page holds."""
        return self.total > PAGE

    @property
    def sorts(self) -> list[tuple[str, str]]:
        """What it can be sorted by, with its words."""
        return [(name, words) for name, (words, _) in SORTS.items()]


def class_table(report: Report, query: str = "", sort: str = "", page: int = 1) -> ClassTable:
    """Return the page of classes whose name holds `query`, whatever the case.

    What is no sort or page is taken for the first: of many classes the worst F1, of few their
    order.
    """
    rows = list(report.per_class)
    total = len(rows)
    if sort not in SORTS:
        sort = "f1" if total > PAGE else "order"
    if query:
        rows = [row for row in rows if query.casefold() in row.class_name.casefold()]
    largest_first = SORTS[sort][1]
    if largest_first is not None:
        known = [row for row in rows if getattr(row, sort) is not None]
        unknown = [row for row in rows if getattr(row, sort) is None]
        rows = sorted(known, key=attrgetter(sort), reverse=largest_first) + unknown
    pages = max(1, -(-len(rows) // PAGE))
    page = min(max(1, page), pages)
    shown = rows[(page - 1) * PAGE : page * PAGE]
    return ClassTable(shown, query, sort, page, pages, len(rows), total)
