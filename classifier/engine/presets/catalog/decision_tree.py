"""``decision_tree``: scikit-learn's, one tree of questions about single numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from classifier.engine.presets.classic import (
    ClassicPreset,
    DrawnConfig,
    balanced_setting,
    least_in_leaf_setting,
)
from classifier.engine.presets.setting import setting


@dataclass(frozen=True, kw_only=True)
class Config(DrawnConfig):
    """The settings of a decision tree."""

    most_leaves: int = setting(
        "Leaves",
        "How many leaves the tree may have.",
        minimum=2,
        maximum=10_000,
        section="Method",
    )
    least_in_leaf: int = least_in_leaf_setting()
    balanced: bool = balanced_setting()


class DecisionTree(ClassicPreset):
    """Questions about one number each."""

    name = "decision_tree"
    title = "Decision tree"
    description = (
        "One tree of questions about single numbers. Seldom the most accurate, but its questions "
        "can be read; a measure for what the other methods add."
    )
    source = "scikit-learn"
    main = ("input", "most_leaves", "least_in_leaf")
    importance = "impurity"
    defaults = Config(
        input="vectors",
        side=32,
        colour=False,
        cells=4,
        standardise=False,
        principal_components=0,
        seed=0,
        most_leaves=1000,
        least_in_leaf=1,
        balanced=True,
    )

    def estimator(self, config: Config, folds: int) -> Any:
        """Return the estimator."""
        from sklearn.tree import DecisionTreeClassifier

        return DecisionTreeClassifier(
            max_leaf_nodes=config.most_leaves,
            min_samples_leaf=config.least_in_leaf,
            class_weight="balanced" if config.balanced else None,
            random_state=config.seed,
        )

    def add_answers(self, graph: Any, fitted: Any, values: str) -> str:
        """Add the tree; its leaves hold the classes' shares."""
        from classifier.engine.formats.classic.trees import add_trees
        from classifier.engine.presets.forests import tree_of

        base = np.zeros(len(fitted.classes_))
        return add_trees(graph, values, [tree_of(fitted, 1)], base)

    def leaves(self, config: Config, classes: int) -> int:
        """Return how many leaves the tree may have."""
        return config.most_leaves

    def shares(self, config: Config, classes: int, images: int) -> int:
        """Return how many shares all nodes hold: one of each class, also above the leaves."""
        return 2 * min(config.most_leaves, images) * classes

    def weights(self, fitted: Any) -> Any:
        """Return how much each number's questions lower impurity."""
        return fitted.feature_importances_


PRESET = DecisionTree()
