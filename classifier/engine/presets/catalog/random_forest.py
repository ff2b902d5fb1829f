"""``random_forest``: scikit-learn's, the mean of many trees that differ by chance."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from classifier.engine.presets.classic import (
    ClassicPreset,
    DrawnConfig,
    Steps,
    balanced_setting,
    least_in_leaf_setting,
)
from classifier.engine.presets.setting import setting


@dataclass(frozen=True, kw_only=True)
class Config(DrawnConfig):
    """The settings of a random forest."""

    trees: int = setting("Trees", "How many trees vote.", minimum=1, maximum=500, section="Method")
    most_leaves: int = setting(
        "Leaves of a tree",
        "How many leaves each tree may have.",
        minimum=2,
        maximum=2000,
        section="Method",
    )
    least_in_leaf: int = least_in_leaf_setting()
    balanced: bool = balanced_setting()


class RandomForest(ClassicPreset):
    """The mean of many trees, each of some images and some numbers."""

    name = "random_forest"
    title = "Random forest"
    description = (
        "Many trees, each grown on a sample of the images and of the numbers; their mean answers. "
        "Hard to do wrong, and says which numbers matter."
    )
    source = "scikit-learn"
    main = ("input", "trees", "balanced")
    importance = "impurity"
    steps = Steps("n_estimators", "trees", 30)
    defaults = Config(
        input="vectors",
        side=32,
        colour=False,
        cells=4,
        standardise=False,
        principal_components=0,
        seed=0,
        trees=300,
        most_leaves=1000,
        least_in_leaf=1,
        balanced=True,
    )

    def estimator(self, config: Config, folds: int) -> Any:
        """Return the estimator."""
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(
            n_estimators=config.trees,
            max_leaf_nodes=config.most_leaves,
            min_samples_leaf=config.least_in_leaf,
            class_weight="balanced" if config.balanced else None,
            random_state=config.seed,
        )

    def add_answers(self, graph: Any, fitted: Any, values: str) -> str:
        """Add the trees; their leaves hold the classes' shares, each over the number of trees."""
        from classifier.engine.formats.classic.trees import add_trees
        from classifier.engine.presets.forests import tree_of

        trees = (tree_of(tree, len(fitted.estimators_)) for tree in fitted.estimators_)
        return add_trees(graph, values, trees, np.zeros(len(fitted.classes_)))

    def leaves(self, config: Config, classes: int) -> int:
        """Return how many leaves all trees may have."""
        return config.trees * config.most_leaves

    def shares(self, config: Config, classes: int, images: int) -> int:
        """Return how many shares all nodes hold: one of each class, also above the leaves."""
        return 2 * config.trees * min(config.most_leaves, images) * classes

    def weights(self, fitted: Any) -> Any:
        """Return how much each number's questions lower impurity, over all trees."""
        return fitted.feature_importances_


PRESET = RandomForest()
