"""``logistic_regression``: scikit-learn's, with all classes at once."""

from dataclasses import dataclass
from typing import Any

from classifier.engine.presets.classic import (
    ClassicPreset,
    WeighedConfig,
    balanced_setting,
)
from classifier.engine.presets.setting import setting


@dataclass(frozen=True, kw_only=True)
class Config(WeighedConfig):
    """The settings of logistic regression."""

    inverse_penalty: float = setting(
        "C",
        "The inverse of the L2 penalty: smaller keeps the weights smaller.",
        minimum=1e-6,
        maximum=1e4,
        section="Method",
    )
    iterations: int = setting(
        "Iterations",
        "Steps of the solver (L-BFGS), at most.",
        minimum=10,
        maximum=10_000,
        section="Method",
    )
    balanced: bool = balanced_setting()


class LogisticRegression(ClassicPreset):
    """A weight for each number and class, and the softmax of their sums."""

    name = "logistic_regression"
    title = "Logistic regression"
    description = (
        "The simplest of all: one weight for each number and class, fitted in seconds. On vectors "
        "a strong start for photographs; its weights can be read."
    )
    source = "scikit-learn"
    main = ("input", "inverse_penalty", "balanced")
    importance = "coefficients"
    defaults = Config(
        input="vectors",
        side=32,
        colour=False,
        cells=4,
        standardise=True,
        principal_components=0,
        inverse_penalty=0.1,
        iterations=1000,
        balanced=True,
    )

    def estimator(self, config: Config, folds: int) -> Any:
        """Return the estimator."""
        from sklearn.linear_model import LogisticRegression as Estimator

        return Estimator(
            C=config.inverse_penalty,
            max_iter=config.iterations,
            class_weight="balanced" if config.balanced else None,
        )

    def add_answers(self, graph: Any, fitted: Any, values: str) -> str:
        """Add the sums and their softmax."""
        from classifier.engine.formats.classic.heads import add_scores, add_softmax

        scores = add_scores(graph, values, fitted.coef_, fitted.intercept_)
        return add_softmax(graph, scores, len(fitted.coef_))

    def weights(self, fitted: Any) -> Any:
        """Return the weights (classes, k)."""
        return fitted.coef_


PRESET = LogisticRegression()
