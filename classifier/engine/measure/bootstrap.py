"""How far figures would move on other images: the bootstrap, with a seed.

A draw repeats images and leaves others out, which moves the mean of some figures (macro F1 of
classes with three images each, by points). That is no doubt about the figure, so intervals are
moved back by it: they lie around what was measured.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from classifier.engine.measure.intervals import Estimate

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
DRAWS = 1_000
# A curve must be followed again for each draw and class.
RANK_DRAWS = 200
MOST_RANKED = 200_000
_SEED = 0
_AT_ONCE = 100
_RANKED_AT_ONCE = 20


def counted_intervals(truth: Indices, predicted: Indices, classes: int) -> dict[str, Estimate]:
    """Return the intervals of what is counted in a confusion matrix, by the figure's name.

    ``truth`` and ``predicted`` have n class indices. To draw n images again is to draw the cells of
    the matrix by their counts.
    """
    random = np.random.default_rng(_SEED)
    cells, counts = np.unique(truth * classes + predicted, return_counts=True)
    true, said = np.divmod(cells, classes)
    rows, columns, hits = (
        _sums_over(where, classes) for where in (true, said, np.where(true == said, true, -1))
    )
    drawn: dict[str, list[Floats]] = {}
    for _ in range(0, DRAWS, _AT_ONCE):
        found = random.multinomial(len(truth), counts / len(truth), size=_AT_ONCE).T
        figures = _counted((rows @ found).T, (columns @ found).T, (hits @ found).T)
        for name, values in figures.items():
            drawn.setdefault(name, []).append(values)
    once = counts[:, None]
    measured = _counted((rows @ once).T, (columns @ once).T, (hits @ once).T)
    found_in = {
        name: _middle(np.concatenate(values), float(measured[name][0]))
        for name, values in drawn.items()
    }
    return {name: estimate for name, estimate in found_in.items() if estimate is not None}


def mean_interval(values: Floats) -> Estimate | None:
    """Return the interval of the mean of values (n,), one for each image."""
    random = np.random.default_rng(_SEED)
    means = [
        values[random.integers(0, len(values), len(values))].mean(keepdims=True)
        for _ in range(DRAWS)
    ]
    return _middle(np.concatenate(means), float(values.mean()), most=np.inf)


def roc_auc_interval(scores: Floats, truth: Indices) -> Estimate | None:
    """Return the interval of the mean ROC AUC of each class against the rest.

    None for more than 200,000 probabilities: it would take minutes with a thousand classes.
    """
    images, classes = scores.shape
    if images * classes > MOST_RANKED:
        return None
    random = np.random.default_rng(_SEED)
    present = [index for index in range(classes) if 0 < (truth == index).sum() < images]
    means = []
    for _ in range(0, RANK_DRAWS, _RANKED_AT_ONCE) if present else ():
        # Whole tables of all draws would take a gigabyte of 100,000 images.
        counts = random.multinomial(images, np.full(images, 1 / images), size=_RANKED_AT_ONCE)
        table = np.array([_areas(scores[:, index], truth == index, counts) for index in present])
        known = ~np.isnan(table)
        # A class that a draw has no image of takes no part in that draw.
        sums, parts = np.where(known, table, 0.0).sum(axis=0), known.sum(axis=0)
        means.append(sums[parts > 0] / parts[parts > 0])
    if not means:
        return None
    each = np.ones((1, images), np.int64)
    measured = [_areas(scores[:, index], truth == index, each)[0] for index in present]
    return _middle(np.concatenate(means), float(np.mean(measured)))


def _areas(
    scores: Floats, of_class: npt.NDArray[np.bool_], counts: npt.NDArray[np.int64]
) -> Floats:
    """Return the ROC AUC of one class in each draw; counts (draws, n) say how often an image is."""
    order = np.argsort(scores, kind="stable")
    ranked, positive = scores[order], of_class[order]
    drawn = counts[:, order]
    below = np.cumsum(drawn * ~positive, axis=1)
    below = np.concatenate([np.zeros((len(drawn), 1), below.dtype), below], axis=1)
    asked = ranked[positive]
    # Ties count half (Mann and Whitney).
    left, right = (np.searchsorted(ranked, asked, side) for side in ("left", "right"))
    weights = drawn[:, positive]
    pairs = (weights * (below[:, left] + below[:, right])).sum(axis=1) / 2
    total = weights.sum(axis=1) * below[:, -1]
    return np.divide(pairs, total, out=np.full(len(drawn), np.nan), where=total > 0)


def _sums_over(classes_of: Indices, classes: int) -> Any:
    """Return the (classes, cells) matrix that adds cells up by class; -1 is of none."""
    cells = np.flatnonzero(classes_of >= 0)
    ones = np.ones(len(cells), np.int64)
    return csr_array((ones, (classes_of[cells], cells)), shape=(classes, len(classes_of)))


def _counted(support: Any, answers: Any, hits: Any) -> dict[str, Floats]:
    """Return figures of counts (draws, classes), each (draws,)."""
    images = support.sum(axis=1).astype(np.float64)
    recall, f1 = _share(hits, support), _share(2 * hits, support + answers)
    present = support > 0
    accuracy = hits.sum(axis=1) / images
    chance = (support * answers).sum(axis=1) / images**2
    with np.errstate(invalid="ignore", divide="ignore"):
        kappa = (accuracy - chance) / (1 - chance)
    return {
        "balanced_accuracy": recall.sum(axis=1) / present.sum(axis=1),
        "macro_f1": f1.sum(axis=1, where=present) / present.sum(axis=1),
        "weighted_f1": (f1 * support).sum(axis=1) / images,
        "kappa": kappa,
    }


def _share(part: Any, whole: Any) -> Floats:
    return np.divide(part, whole, out=np.zeros(part.shape, np.float64), where=whole > 0)


def _middle(values: Floats, measured: float, most: float = 1.0) -> Estimate | None:
    """Return the middle 95 % of drawn values around what was ``measured``, up to ``most``."""
    known = values[np.isfinite(values)]
    if not len(known) or not np.isfinite(measured):
        return None
    low, high = (np.quantile(known, (0.025, 0.975)) - known.mean() + measured).tolist()
    return Estimate(low=min(low, measured), high=min(most, max(high, measured)), method="bootstrap")
