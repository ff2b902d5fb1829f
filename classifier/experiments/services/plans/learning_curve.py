"""A learning curve: how accuracy grows with the number of images, and what more would bring."""

from collections.abc import Mapping
from typing import Any

from classifier.engine.presets.registry import PRESETS
from classifier.experiments import kinds
from classifier.experiments.services.plans.plan import Plan, Settings
from classifier.training.selectors.presets import suggested_config
from classifier.training.services.start_training import check_weights
from common.errors import FieldError, Invalid
from datasets.models import DatasetVersion, Strategy
from datasets.selectors.folds import check_folds

FOLDS = 5
DEFAULT_PRESET = "efficientnet_lite0"


def quick_presets() -> list[str]:
    """Return the presets that are fitted on numbers in seconds: no network is trained."""
    return [name for name, preset in PRESETS.items() if not preset.needs_keras(preset.defaults)]


def _check(version: DatasetVersion, values: Mapping[str, Any]) -> Settings:
    preset = PRESETS[values["preset"]]
    config = suggested_config(preset, version)
    if preset.needs_keras(preset.config(config)):
        detail = (
            f"A learning curve fits {FOLDS} times on each of six shares of the images, so it takes "
            f"presets that learn in seconds: {', '.join(quick_presets())}; received {preset.name}."
        )
        raise Invalid(detail, errors=[FieldError("/preset", "not_quick", detail)])
    check_weights(preset.name)
    grouped = values["strategy"] == Strategy.GROUPED
    check_folds(version, folds=FOLDS, grouped=grouped)
    return {
        "preset": preset.name,
        "config": preset.config(config).to_dict(),
        "folds": FOLDS,
        "strategy": str(values["strategy"]),
        "seed": values["seed"],
    }


PLAN = Plan(
    job=kinds.LEARNING_CURVE,
    title="Learning curve",
    question="Would more images help, and by how much? A quick preset learns from 10 to 100 % of "
    "the train and validation images, and the curve is drawn on.",
    icon="chart-line",
    check=_check,
    about=lambda settings: f"Learning curve of {settings['preset']}",
)
