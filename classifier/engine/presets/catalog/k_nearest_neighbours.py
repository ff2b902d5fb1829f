"""``k_nearest_neighbours``: scikit-learn's, by comparing with every training image."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from classifier.engine.errors import InvalidConfig
from classifier.engine.presets.classic import ClassicConfig, ClassicPreset
from classifier.engine.presets.setting import setting

# Distances that differ by less, of float32 sums, may come in either order.
_TIE = 1e-4


@dataclass(frozen=True, kw_only=True)
class Config(ClassicConfig):
    """The settings of nearest neighbours."""

    neighbours: int = setting(
        "Neighbours",
        "How many of the most alike training images vote; their shares are the probabilities.",
        minimum=1,
        maximum=100,
        section="Method",
    )


class NearestNeighbours(ClassicPreset):
    """The classes of the most alike training images."""

    name = "k_nearest_neighbours"
    title = "k nearest neighbours"
    description = (
        "Answers with the classes of the most alike training images, all of which it keeps: 16 "
        "million numbers at most, 12,500 images as vectors. Nothing is fitted, so it says how much "
        "the numbers alone are worth."
    )
    source = "scikit-learn"
    main = ("input", "neighbours")
    most_stored = 16_000_000
    defaults = Config(
        input="vectors",
        side=32,
        colour=False,
        cells=4,
        standardise=False,
        principal_components=0,
        neighbours=5,
    )

    def config(self, overrides: Mapping[str, Any]) -> ClassicConfig:
        """Return the settings; neighbours have one vote each, so none can be weighed."""
        if overrides.get("reweight_by"):
            sentence = (
                f"{self.name} cannot weigh images (reweight_by): each neighbour has one vote. "
                "Choose a preset that learns, such as logistic_regression."
            )
            raise InvalidConfig([("reweight_by", sentence)])
        return super().config(overrides)

    def estimator(self, config: Config, folds: int) -> Any:
        """Return the estimator."""
        from sklearn.neighbors import KNeighborsClassifier

        return KNeighborsClassifier(n_neighbors=config.neighbours, algorithm="brute")

    def is_certain(self, fitted: Any, values: Any) -> Any:
        """Return where the last neighbour that votes is nearer than the first that does not."""
        if len(fitted._fit_X) <= fitted.n_neighbors:
            return super().is_certain(fitted, values)
        distances, _ = fitted.kneighbors(values, fitted.n_neighbors + 1)
        last, next_one = distances[:, -2], distances[:, -1]
        return next_one - last > _TIE * next_one

    def least_images(self, config: Config) -> int:
        """Return how many neighbours there must be."""
        return config.neighbours

    def add_answers(self, graph: Any, fitted: Any, values: str) -> str:
        """Add the search and the vote."""
        from classifier.engine.formats.classic.heads import add_neighbours

        return add_neighbours(
            graph, values, fitted._fit_X, fitted._y, fitted.n_neighbors, len(fitted.classes_)
        )


PRESET = NearestNeighbours()
