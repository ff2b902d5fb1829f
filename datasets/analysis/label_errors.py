"""Likely label errors, by confident learning (Northcutt, Jiang and Chuang 2021).

"Confident Learning: Estimating Uncertainty in Dataset Labels", Journal of Artificial Intelligence
Research 70. Written out here because the authors' library imports a module named `datasets`, which
in this project is our own; results were compared with it (tests/bench/analysis_label_errors.py).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from datasets.analysis.grouped_split import divide

# What label errors are told from: of a backbone's 1,280 the rest is noise.
DIMENSIONS = 256
FOLDS = 5
# A class that is missing from a fold's training data can't be judged there.
FEWEST = FOLDS
# Inverse of the penalty, for features of unit variance: weak enough to learn, strong enough not to
# learn wrong labels by heart (chosen on the animals set with planted errors).
_STRENGTH = 0.01

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class LabelErrors:
    """Images that probably have the wrong class, most likely first.

    - ``indices``, ``given``, ``suggested``: int64 (k,): the image, its class, the likelier class;
    - ``scores``: float32 (k,), probability of the suggested minus that of the given class, 0..1;
    - ``accuracy``: how often the check's own classifier agrees with the given class, on images that
      it did not learn from, 0..1: where it is low, so is the worth of the suggestions;
    - ``unchecked_classes``: classes with too few images (fewer than FEWEST) to be checked;
    - ``heard``: how many images were judged by the answers that were given, the others by the
      check's own classifier.
    """

    indices: npt.NDArray[np.int64]
    given: npt.NDArray[np.int64]
    suggested: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]
    accuracy: float
    unchecked_classes: list[int]
    heard: int = 0


def find_label_errors(
    features: npt.NDArray[np.float32],
    labels: npt.NDArray[np.integer],
    groups: npt.NDArray[np.integer],
    *,
    seed: int = 0,
    progress: Progress | None = None,
    heard: npt.NDArray[np.float32] | None = None,
) -> LabelErrors:
    """Return the images whose class and embedding disagree.

    ``features`` float32 (n, DIMENSIONS or fewer), principal components of the embeddings;
    ``labels`` (n,) class indices, -1 where there is none (not checked); ``groups`` (n,) from
    ``group_ids``: a near duplicate with the same wrong class would vouch for it, so no group is in
    two folds. ``progress`` is called with (folds done, folds) and may raise to stop the work.
    ``heard`` (n, classes): what models that had not learned from an image answered, NaN where there
    is no answer; they judge these images where they are right about more of them than the check's
    own classifier.
    """
    sizes = np.bincount(labels[labels >= 0], minlength=1)
    checked = np.flatnonzero((labels >= 0) & (sizes[np.maximum(labels, 0)] >= FEWEST))
    classes, compact = np.unique(labels[checked], return_inverse=True)
    unchecked = [int(index) for index in np.flatnonzero((sizes > 0) & (sizes < FEWEST))]
    if len(classes) < 2:
        none = np.empty(0, np.int64)
        return LabelErrors(none, none, none, np.empty(0, np.float32), 0.0, unchecked)
    # Of 60,000 images, a copy that leaves none out would be 60 MB for nothing.
    kept = features if len(checked) == len(features) else features[checked]
    probabilities = out_of_fold(kept, compact, groups[checked], seed=seed, progress=progress)
    judged = np.zeros(len(checked), bool)
    if heard is not None:
        judged = _judged_better(probabilities, heard[np.ix_(checked, classes)], compact)
        probabilities[judged] = heard[np.ix_(checked[judged], classes)]
    found, suggested, scores = _by_part(probabilities, compact, judged)
    return LabelErrors(
        indices=checked[found],
        given=labels[checked[found]].astype(np.int64),
        suggested=classes[suggested].astype(np.int64),
        scores=scores,
        accuracy=float((probabilities.argmax(axis=1) == compact).mean()),
        unchecked_classes=unchecked,
        heard=int(judged.sum()),
    )


def _judged_better(
    own: npt.NDArray[np.float32],
    heard: npt.NDArray[np.float32],
    labels: npt.NDArray[np.integer],
) -> npt.NDArray[np.bool_]:
    """Return the images (n,) with an answer, if the answers are right about as many or more."""
    known: npt.NDArray[np.bool_] = np.asarray(~np.isnan(heard).any(axis=1))
    right = (heard[known].argmax(axis=1) == labels[known]).sum()
    if right >= (own[known].argmax(axis=1) == labels[known]).sum():
        return known
    return np.zeros(len(labels), bool)


def _by_part(
    probabilities: npt.NDArray[np.float32],
    labels: npt.NDArray[np.integer],
    judged: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return `confident_disagreements` of two kinds of judges, each sure in its own way."""
    parts = []
    for part in (np.flatnonzero(judged), np.flatnonzero(~judged)):
        if len(part):
            found, suggested, scores = confident_disagreements(probabilities[part], labels[part])
            parts.append((part[found], suggested, scores))
    found, suggested, scores = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((found, -scores))
    return found[order], suggested[order], scores[order]


def out_of_fold(
    features: npt.NDArray[np.float32],
    labels: npt.NDArray[np.integer],
    groups: npt.NDArray[np.integer],
    *,
    seed: int,
    progress: Progress | None = None,
) -> npt.NDArray[np.float32]:
    """Return probabilities (n, classes) from logistic regression on the other folds.

    ``features`` float32 (n, d), centred; ``labels`` (n,) 0..classes-1. A class that is only in one
    fold has probability 0 there.
    """
    # Seconds of imports, which `CHECK_QUALITY` preloads and other workers do without.
    from sklearn.linear_model import LogisticRegression

    folds = divide(labels, groups, [1 / FOLDS] * FOLDS, seed=seed)
    probabilities = np.zeros((len(labels), int(labels.max()) + 1), np.float32)
    scale = features.std()
    for fold in range(FOLDS):
        held = folds == fold
        if held.any() and len(set(labels[~held].tolist())) > 1:
            model = LogisticRegression(C=_STRENGTH, max_iter=100, tol=1e-3)
            # Its many small products only lose by threads, badly so where other work runs.
            with threadpool_limits(1, user_api="blas"):
                model.fit(features[~held] / scale, labels[~held])
            rows = np.flatnonzero(held)
            probabilities[np.ix_(rows, model.classes_)] = model.predict_proba(
                features[rows] / scale
            )
        if progress is not None:
            progress(fold + 1, FOLDS)
    return probabilities


def confident_disagreements(
    probabilities: npt.NDArray[np.float32], labels: npt.NDArray[np.integer]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return (indices, suggested classes, scores) of the likely label errors, worst first.

    How many images given class i are really of class j is estimated by the calibrated confident
    joint; so many of them are taken, those with the largest margin between the probabilities of j
    and i (the paper's "prune by noise rate"), where j is the most probable class.
    ``probabilities`` (n, c) must be out of fold of images with ``labels`` (n,).
    """
    expected = np.ceil(_calibrated_joint(probabilities, labels)).astype(int)
    rows = np.arange(len(labels))
    suggested = probabilities.argmax(axis=1)
    margins = probabilities[rows, suggested] - probabilities[rows, labels]
    taken = []
    for given, likelier in np.argwhere(expected > 0):
        if given != likelier:
            members = np.flatnonzero((labels == given) & (suggested == likelier))
            worst = np.argsort(-margins[members], kind="stable")
            taken.append(members[worst[: expected[given, likelier]]])
    found = np.concatenate([np.empty(0, np.int64), *taken])
    found = found[np.lexsort((found, -margins[found]))]
    return found, suggested[found], margins[found]


def _calibrated_joint(
    probabilities: npt.NDArray[np.float32], labels: npt.NDArray[np.integer]
) -> npt.NDArray[np.float64]:
    """Return how many images of each given class (row) are really of each class, (c, c).

    An image counts for class j where its probability of j is at least the average one among the
    images given class j; of several such classes, for the most probable. Rows are then scaled to
    the number of images given the class.
    """
    classes = probabilities.shape[1]
    own = probabilities[np.arange(len(labels)), labels]
    sizes = np.bincount(labels, minlength=classes)
    # A class without images tells no threshold, so none is surely of it.
    sums = np.bincount(labels, own, classes)
    thresholds = np.where(sizes > 0, sums / np.maximum(sizes, 1), np.inf)
    confident = np.where(probabilities >= thresholds, probabilities, -1)
    counted = np.flatnonzero(confident.max(axis=1) >= 0)
    joint = np.zeros((classes, classes))
    np.add.at(joint, (labels[counted], confident[counted].argmax(axis=1)), 1)
    return joint * (sizes / np.maximum(joint.sum(axis=1), 1))[:, None]
