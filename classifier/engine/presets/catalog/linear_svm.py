"""``linear_svm``: scikit-learn's LinearSVC, one class against the rest, calibrated."""

from dataclasses import dataclass
from typing import Any

from classifier.engine.presets.classic import (
    ClassicPreset,
    DrawnConfig,
    balanced_setting,
)
from classifier.engine.presets.setting import setting


@dataclass(frozen=True, kw_only=True)
class Config(DrawnConfig):
    """The settings of the linear support vector machine."""

    inverse_penalty: float = setting(
        "C",
        "The inverse of the L2 penalty: smaller gives a wider margin.",
        minimum=1e-6,
        maximum=1e4,
        section="Method",
    )
    iterations: int = setting(
        "Iterations",
        "Steps of the solver (liblinear), at most.",
        minimum=10,
        maximum=100_000,
        section="Method",
    )
    balanced: bool = balanced_setting()


class LinearSVM(ClassicPreset):
    """A plane between each class and the rest, with the widest margin."""

    name = "linear_svm"
    title = "Linear support vector machine"
    description = (
        "A plane between each class and the rest, as far from both as it can be. Probabilities "
        "come from cross-validation within the train split (Platt's curves)."
    )
    source = "scikit-learn, liblinear"
    main = ("input", "inverse_penalty", "balanced")
    most_images = 50_000
    calibrates = True
    importance = "coefficients"
    defaults = Config(
        input="vectors",
        side=32,
        colour=False,
        cells=4,
        standardise=True,
        principal_components=0,
        seed=0,
        inverse_penalty=0.03,
        iterations=5000,
        balanced=True,
    )

    def estimator(self, config: Config, folds: int) -> Any:
        """Return the estimator with its calibration."""
        from sklearn.calibration import CalibratedClassifierCV
        from sklearn.svm import LinearSVC

        machine = LinearSVC(
            C=config.inverse_penalty,
            max_iter=config.iterations,
            class_weight="balanced" if config.balanced else None,
            random_state=config.seed,
        )
        return CalibratedClassifierCV(machine, method="sigmoid", cv=folds, ensemble=False)

    def add_answers(self, graph: Any, fitted: Any, values: str) -> str:
        """Add the sums and their calibration."""
        from classifier.engine.formats.classic.heads import add_calibrated, add_scores

        [calibrated] = fitted.calibrated_classifiers_
        machine = calibrated.estimator
        scores = add_scores(graph, values, machine.coef_, machine.intercept_)
        return add_calibrated(graph, scores, calibrated.calibrators)

    def weights(self, fitted: Any) -> Any:
        """Return the weights (classes, k)."""
        return fitted.calibrated_classifiers_[0].estimator.coef_


PRESET = LinearSVM()
