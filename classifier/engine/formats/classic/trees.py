"""Decision trees as the operator TreeEnsembleRegressor of ``ai.onnx.ml``."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.formats.classic.builder import GraphBuilder


@dataclass(frozen=True, kw_only=True)
class Tree:
    """One tree; node 0 is its root.

    By node: ``feature`` and ``threshold`` (at most it: to ``left``, else to ``right``), both
    children −1 at a leaf; ``values`` (nodes, k) are what a leaf adds to k targets, from the number
    ``first`` on.
    """

    feature: npt.NDArray[np.int64]
    threshold: npt.NDArray[np.float64]
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    first: int = 0


def add_trees(
    graph: GraphBuilder, values: str, trees: Iterable[Tree], base: npt.NDArray[np.floating]
) -> str:
    """Return ``base`` (targets,) plus what the trees add for values (n, width): (n, targets).

    ``trees`` are taken one by one, so that one alone is in memory with all its values.
    """
    parts: dict[str, list[npt.NDArray[Any]]] = {}
    for number, tree in enumerate(trees):
        for name, found in _listed(tree, number).items():
            parts.setdefault(name, []).append(found)
    listed = {name: np.concatenate(found) for name, found in parts.items()}
    modes = ["LEAF" if each else "BRANCH_LEQ" for each in listed.pop("leaf")]
    return graph.node(
        "TreeEnsembleRegressor",
        values,
        n_targets=len(base),
        aggregate_function="SUM",
        post_transform="NONE",
        base_values=[float(value) for value in base],
        nodes_modes=modes,
        **{name: found.tolist() for name, found in listed.items()},
    )


def _listed(tree: Tree, number: int) -> dict[str, npt.NDArray[Any]]:
    """Return the operator's attributes for one tree, and which nodes are leaves."""
    leaf = tree.left < 0
    rows, columns = np.nonzero(_at_leaves(tree))
    return {
        "leaf": leaf,
        "nodes_treeids": np.full(len(leaf), number),
        "nodes_nodeids": np.arange(len(leaf)),
        "nodes_featureids": np.where(leaf, 0, tree.feature),
        "nodes_truenodeids": np.where(leaf, 0, tree.left),
        "nodes_falsenodeids": np.where(leaf, 0, tree.right),
        "nodes_values": rounded_down(np.where(leaf, 0, tree.threshold)),
        "target_treeids": np.full(len(rows), number),
        "target_nodeids": rows,
        "target_ids": columns + tree.first,
        "target_weights": tree.values[rows, columns].astype(np.float32),
    }


def rounded_down(thresholds: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Return the largest float32 at most each threshold: float32 values fall on the same side."""
    near = thresholds.astype(np.float32)
    return np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near)


def _at_leaves(tree: Tree) -> npt.NDArray[np.bool_]:
    """Return which values (nodes, k) count: those of leaves, but for zeros.

    The operator wants a weight at every leaf, so one that adds nothing keeps its first zero.
    """
    leaf = tree.left < 0
    found = (tree.values != 0) & leaf[:, None]
    found[leaf & ~found.any(axis=1), 0] = True
    return found
