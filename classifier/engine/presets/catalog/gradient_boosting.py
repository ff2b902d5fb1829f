"""``gradient_boosting``: scikit-learn's trees on histograms, each on what the others got wrong."""

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
    """The settings of gradient boosting."""

    rounds: int = setting(
        "Rounds",
        "How many times each class gets another tree.",
        minimum=1,
        maximum=500,
        section="Method",
    )
    learning_rate: float = setting(
        "Learning rate",
        "How much each tree changes the answer.",
        minimum=0.001,
        maximum=1.0,
        section="Method",
    )
    most_leaves: int = setting(
        "Leaves of a tree",
        "How many leaves each tree may have.",
        minimum=2,
        maximum=63,
        section="Method",
    )
    least_in_leaf: int = least_in_leaf_setting()
    tried: float = setting(
        "Numbers tried",
        "The share of the numbers, drawn by chance, among which each question is chosen.",
        minimum=0.01,
        maximum=1.0,
        section="Method",
    )
    penalty: float = setting(
        "L2 penalty",
        "How strongly the leaves are pulled towards 0.",
        minimum=0.0,
        maximum=100.0,
        section="Method",
    )
    balanced: bool = balanced_setting()


class GradientBoosting(ClassicPreset):
    """Small trees, one after the other, each on what is still wrong."""

    name = "gradient_boosting"
    title = "Gradient boosting"
    description = (
        "Small trees, one after the other, each on what those before it got wrong. Often the best "
        "of the trees, and the slowest to fit: its time grows with the classes."
    )
    source = "scikit-learn, after LightGBM (Ke et al., 2017)"
    main = ("input", "rounds", "learning_rate")
    importance = "gain"
    # Each step sorts the numbers into bins again: with class weights, 14 s for vectors.
    steps = Steps("max_iter", "rounds", 4)
    defaults = Config(
        input="vectors",
        side=32,
        colour=False,
        cells=4,
        standardise=False,
        principal_components=0,
        seed=0,
        rounds=100,
        learning_rate=0.1,
        most_leaves=15,
        least_in_leaf=5,
        tried=0.2,
        penalty=1.0,
        balanced=True,
    )

    def estimator(self, config: Config, folds: int) -> Any:
        """Return the estimator."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        return HistGradientBoostingClassifier(
            max_iter=config.rounds,
            learning_rate=config.learning_rate,
            max_leaf_nodes=config.most_leaves,
            min_samples_leaf=config.least_in_leaf,
            max_features=config.tried,
            # With class weights scikit-learn 1.9 takes a millisecond for each bin of each number.
            max_bins=63,
            l2_regularization=config.penalty,
            early_stopping=False,
            class_weight="balanced" if config.balanced else None,
            random_state=config.seed,
        )

    def add_answers(self, graph: Any, fitted: Any, values: str) -> str:
        """Add the trees on their common beginning, and the softmax of the sums."""
        from classifier.engine.formats.classic.heads import add_softmax
        from classifier.engine.formats.classic.trees import add_trees
        from classifier.engine.presets.forests import trees_of_boosting

        base = np.ravel(fitted._baseline_prediction)
        scores = add_trees(graph, values, trees_of_boosting(fitted), base)
        return add_softmax(graph, scores, len(base))

    def leaves(self, config: Config, classes: int) -> int:
        """Return how many leaves all trees may have: two classes share theirs."""
        return config.rounds * (classes if classes > 2 else 1) * config.most_leaves

    def weights(self, fitted: Any) -> Any:
        """Return how much each number's questions gain, over all trees."""
        from classifier.engine.presets.forests import gains_of

        return gains_of(fitted)


PRESET = GradientBoosting()
