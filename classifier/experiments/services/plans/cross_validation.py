"""Cross-validation: how right a preset is on this dataset, and how sure that is."""

from collections.abc import Mapping
from typing import Any

from classifier.engine.presets.config import PresetConfig
from classifier.engine.presets.registry import PRESETS
from classifier.experiments import kinds
from classifier.experiments.services.plans.plan import Plan, Settings
from classifier.training.services.check_subgroups import check_subgroups
from classifier.training.services.start_training import check_weights, checked_settings
from common.errors import FieldError, Invalid
from datasets.models import DatasetVersion, Strategy
from datasets.selectors.folds import LEARNED, check_folds

FEWEST_FOLDS, MOST_FOLDS = 2, 10
STRATEGIES = (Strategy.STRATIFIED, Strategy.GROUPED)


def _check(version: DatasetVersion, values: Mapping[str, Any]) -> Settings:
    folds = values["folds"]
    if not FEWEST_FOLDS <= folds <= MOST_FOLDS:
        detail = f"A cross-validation has {FEWEST_FOLDS} to {MOST_FOLDS} folds; received {folds:,}."
        raise Invalid(detail, errors=[FieldError("/folds", "out_of_range", detail)])
    preset = values["preset"]
    config = checked_settings(preset, values.get("config") or {})
    _require_labels_alone(config)
    check_weights(preset)
    check_folds(version, folds=folds, grouped=values["strategy"] == Strategy.GROUPED)
    check_subgroups(version, config, LEARNED)
    return {
        "preset": preset,
        "config": config.to_dict(),
        "folds": folds,
        "strategy": str(values["strategy"]),
        "seed": values["seed"],
    }


def _require_labels_alone(config: PresetConfig) -> None:
    if config.to_dict().get("self_training"):
        detail = (
            "A cross-validation learns from labelled images alone, so self_training must be 0; "
            f"received {config.to_dict()['self_training']:g}."
        )
        raise Invalid(detail, errors=[FieldError("/config/self_training", "no_effect", detail)])


PLAN = Plan(
    job=kinds.CROSS_VALIDATION,
    title="Cross-validation",
    question="How right is a preset on these images, and how sure is that? It learns several "
    "times, each time tested on another part of the train and validation images.",
    icon="layers-intersect",
    check=_check,
    about=lambda settings: f"{settings['folds']} folds of {PRESETS[settings['preset']].name}",
)
