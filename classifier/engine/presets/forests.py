"""What scikit-learn's fitted trees hold, as ``formats.classic.trees`` writes it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.formats.classic.trees import Tree


def tree_of(fitted: Any, count: int) -> Tree:
    """Return a fitted decision tree, one of ``count`` whose mean answers."""
    tree = fitted.tree_
    shares = tree.value[:, 0, :]
    shares = shares / shares.sum(axis=1, keepdims=True)
    return Tree(
        feature=tree.feature,
        threshold=tree.threshold,
        left=tree.children_left,
        right=tree.children_right,
        values=shares / count,
    )


def trees_of_boosting(fitted: Any) -> Iterator[Tree]:
    """Yield the trees of a fitted HistGradientBoostingClassifier, each of one class's score."""
    for round_ in fitted._predictors:
        for place, predictor in enumerate(round_):
            yield _of_one_class(predictor.nodes, place)


def gains_of(fitted: Any) -> npt.NDArray[np.float64]:
    """Return how much the questions about each number (k,) gain, over all trees."""
    gains = np.zeros(fitted.n_features_in_)
    for round_ in fitted._predictors:
        for predictor in round_:
            asked = predictor.nodes[predictor.nodes["is_leaf"] == 0]
            np.add.at(gains, asked["feature_idx"], asked["gain"])
    return gains


def _of_one_class(nodes: Any, place: int) -> Tree:
    leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        feature=nodes["feature_idx"].astype(np.int64),
        threshold=nodes["num_threshold"],
        left=np.where(leaf, -1, nodes["left"].astype(np.int64)),
        right=np.where(leaf, -1, nodes["right"].astype(np.int64)),
        values=nodes["value"][:, None],
        first=place,
    )
