"""``rbf_svm``: scikit-learn's SVC with a Gaussian kernel, one class against the rest."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from classifier.engine.presets.classic import (
    ClassicPreset,
    WeighedConfig,
    balanced_setting,
)
from classifier.engine.presets.setting import setting


@dataclass(frozen=True, kw_only=True)
class Config(WeighedConfig):
    """The settings of the support vector machine with a Gaussian kernel."""

    inverse_penalty: float = setting(
        "C",
        "The inverse of the penalty: larger follows the train split more closely.",
        minimum=1e-3,
        maximum=1e4,
        section="Method",
    )
    gamma: float = setting(
        "Gamma",
        "How fast likeness falls with distance; 0 takes 1 / (numbers × their variance).",
        minimum=0.0,
        maximum=1e3,
        section="Method",
    )
    balanced: bool = balanced_setting()


class RbfSVM(ClassicPreset):
    """Sums of likenesses to some of the training images."""

    name = "rbf_svm"
    title = "Support vector machine (Gaussian kernel)"
    description = (
        "Compares an image with those of the training images that lie at the border of a class. "
        "Often the most accurate classic method up to some thousand images; its time grows with "
        "their square, so it takes 10,000 at most."
    )
    source = "scikit-learn, libsvm"
    main = ("input", "inverse_penalty", "gamma")
    most_images = 10_000
    most_stored = 16_000_000
    calibrates = True
    defaults = Config(
        input="vectors",
        side=32,
        colour=False,
        cells=4,
        standardise=True,
        principal_components=128,
        inverse_penalty=10.0,
        gamma=0.0,
        balanced=True,
    )

    def estimator(self, config: Config, folds: int) -> Any:
        """Return the estimator with its calibration."""
        from sklearn.calibration import CalibratedClassifierCV
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.svm import SVC

        machine = SVC(
            C=config.inverse_penalty,
            gamma=config.gamma or "scale",
            class_weight="balanced" if config.balanced else None,
        )
        rest = OneVsRestClassifier(machine)
        return CalibratedClassifierCV(rest, method="sigmoid", cv=folds, ensemble=False)

    def fitted(self, estimator: Any, numbers: Any, labels: Any, counts: Any) -> Any:
        """Return the estimator, fitted; scikit-learn hands weights down where it is told to."""
        if counts is None:
            return super().fitted(estimator, numbers, labels, None)
        from sklearn import config_context

        with config_context(enable_metadata_routing=True):
            estimator.estimator.estimator.set_fit_request(sample_weight=True)
            return super().fitted(estimator, numbers, labels, counts)

    def add_answers(self, graph: Any, fitted: Any, values: str) -> str:
        """Add the sums over all support vectors, each kept once, and their calibration."""
        from classifier.engine.formats.classic.heads import add_calibrated, add_kernel_scores

        [calibrated] = fitted.calibrated_classifiers_
        machines = calibrated.estimator.estimators_
        kept = np.unique(np.concatenate([machine.support_ for machine in machines]))
        supports = np.empty((len(kept), machines[0].shape_fit_[1]))
        weights = np.zeros((len(kept), len(machines)))
        for column, machine in enumerate(machines):
            rows = np.searchsorted(kept, machine.support_)
            supports[rows] = machine.support_vectors_
            weights[rows, column] = machine.dual_coef_[0]
        bias = np.array([machine.intercept_[0] for machine in machines])
        gamma = machines[0]._gamma
        scores = add_kernel_scores(graph, values, supports, gamma, weights, bias)
        return add_calibrated(graph, scores, calibrated.calibrators)


PRESET = RbfSVM()
