"""The mistakes of a report by pair, "true → predicted: n": a thousand classes have thousands."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.evaluation.selectors.answers import AnswerColumns
from common.errors import Invalid

PAGE = 50
SORTS = {
    "count": "Most images",
    "share": "Largest share of the true class",
    "confidence": "Most confident",
    "true": "True class",
    "predicted": "Predicted class",
}


@dataclass(frozen=True)
class Pair:
    """`count` images of `true` were taken for `predicted`, at most this confidently.

    `share` is theirs of all images of the true class.
    """

    true: str
    predicted: str
    count: int
    share: float
    confidence: float


@dataclass(frozen=True)
class PairTable:
    """One page of the pairs that match `query`, of `total`; `pages` of up to 50."""

    rows: Sequence[Pair]
    query: str
    sort: str
    page: int
    pages: int
    matching: int
    total: int

    @property
    def sorts(self) -> list[tuple[str, str]]:
        """What it can be sorted by, with its words."""
        return list(SORTS.items())


def pair_table(columns: AnswerColumns, query: str = "", sort: str = "", page: int = 1) -> PairTable:
    """Return the page of pairs of which a class has `query` in its name, whatever the case.

    `a → b` (or `a -> b`) asks for both; a page past the last is the last. Raises `Invalid`
    for a sort that there is not.
    """
    if sort and sort not in SORTS:
        raise Invalid(f"sort must be one of {', '.join(SORTS)}; received {sort[:40]!r}.")
    names = np.array(columns.class_names, dtype=object)
    wrong = ~columns.correct
    keys = columns.true[wrong] * len(names) + columns.predicted[wrong]
    found, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    true, predicted = np.divmod(found, len(names))
    surest = np.zeros(len(found))
    np.maximum.at(surest, inverse, columns.probability[wrong])
    shares = counts / np.bincount(columns.true, minlength=len(names))[true]
    sort = sort or "count"
    keys_of = {
        "count": (-shares, -counts),
        "share": (-counts, -shares),
        "confidence": (-counts, -surest),
        "true": (-counts, true),
        "predicted": (-counts, predicted),
    }
    order = np.lexsort(keys_of[sort])
    order = order[_matching(names, true, predicted, query)[order]]
    pages = max(1, -(-len(order) // PAGE))
    page = min(max(1, page), pages)
    rows = [
        Pair(
            names[true[at]], names[predicted[at]], int(counts[at]), float(shares[at]),
            float(surest[at]),
        )
        for at in order[(page - 1) * PAGE : page * PAGE]
    ]  # fmt: skip
    return PairTable(rows, query, sort, page, pages, len(order), len(found))


def _matching(names: np.ndarray, true: np.ndarray, predicted: np.ndarray, query: str) -> np.ndarray:
    """Return which pairs a search means; each class is looked at once."""
    left, arrow, right = query.replace("->", "→").partition("→")

    def with_part(part: str) -> np.ndarray:
        wanted = part.strip().casefold()
        return np.array([wanted in name.casefold() for name in names], bool)

    if arrow:
        return with_part(left)[true] & with_part(right)[predicted]
    either = with_part(left)
    return either[true] | either[predicted]
