"""Decision trees as the operator TreeEnsembleRegressor of ``ai.onnx.ml``."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.engine.formats.classic.builder import GraphBuilder


@dataclass(frozen=True, kw_only=True)
class Tree:
    """One tree; node 0 is its root.

    By node: ``feature`` and ``threshold`` (at most it: to ``left``, else to ``right``), both
    children −1 at a leaf; ``values`` (nodes, targets) are what a leaf adds to each target.
    """

    feature: npt.NDArray[np.int64]
    threshold: npt.NDArray[np.float64]
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]

    @property
    def leaves(self) -> npt.NDArray[np.int64]:
        """The numbers of the leaves."""
        return np.flatnonzero(self.left < 0)


def add_trees(
    graph: GraphBuilder, values: str, trees: Sequence[Tree], base: npt.NDArray[np.floating]
) -> str:
    """Return ``base`` (targets,) plus what the trees add for values (n, width): (n, targets)."""
    sizes = [len(tree.feature) for tree in trees]
    leaf = np.concatenate([tree.left < 0 for tree in trees])
    where = [np.nonzero(_at_leaves(tree)) for tree in trees]
    split = {
        "nodes_treeids": np.repeat(np.arange(len(trees)), sizes),
        "nodes_nodeids": np.concatenate([np.arange(size) for size in sizes]),
        "nodes_featureids": np.where(leaf, 0, np.concatenate([each.feature for each in trees])),
        "nodes_truenodeids": np.where(leaf, 0, np.concatenate([each.left for each in trees])),
        "nodes_falsenodeids": np.where(leaf, 0, np.concatenate([each.right for each in trees])),
    }
    targets = {
        "target_treeids": np.repeat(np.arange(len(trees)), [len(rows) for rows, _ in where]),
        "target_nodeids": np.concatenate([rows for rows, _ in where]),
        "target_ids": np.concatenate([columns for _, columns in where]),
    }
    thresholds = np.where(leaf, 0, np.concatenate([each.threshold for each in trees]))
    weights = [tree.values[at] for tree, at in zip(trees, where, strict=True)]
    return graph.node(
        "TreeEnsembleRegressor",
        values,
        n_targets=len(base),
        aggregate_function="SUM",
        post_transform="NONE",
        base_values=[float(value) for value in base],
        nodes_modes=["LEAF" if each else "BRANCH_LEQ" for each in leaf],
        nodes_values=rounded_down(thresholds).tolist(),
        target_weights=np.concatenate(weights).astype(np.float32).tolist(),
        **{name: found.tolist() for name, found in (split | targets).items()},
    )


def rounded_down(thresholds: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Return the largest float32 at most each threshold: float32 values fall on the same side."""
    near = thresholds.astype(np.float32)
    return np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near)


def _at_leaves(tree: Tree) -> npt.NDArray[np.float64]:
    """Return the leaves' values, 0 elsewhere; a leaf that adds nothing to any target says so."""
    found = np.zeros_like(tree.values)
    leaves = tree.leaves
    found[leaves] = tree.values[leaves]
    # The operator wants a weight at every leaf.
    empty = leaves[~found[leaves].any(axis=1)]
    found[empty, 0] = np.finfo(np.float32).tiny
    return found
