"""Auto: a good model within a budget of time, chosen among several."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from classifier.engine.presets.preset import Preset
from classifier.engine.presets.registry import PRESETS, begin_with
from classifier.engine.presets.transfer import TransferPreset
from classifier.experiments import kinds
from classifier.experiments.services.plans.plan import Plan, Settings
from classifier.training.selectors.presets import recommended_preset, suggested_config
from classifier.training.services.start_training import check_samples
from common.errors import FieldError, Invalid
from datasets.models import DatasetVersion

LEAST_SECONDS, MOST_SECONDS, USUAL_SECONDS = 60, 24 * 3600, 600
# The method of the instant model, as a preset: it can be registered, exported and trained again.
INSTANT = "logistic_regression"
# The network to train from nothing on what is not small.
_FOR_PHOTOGRAPHS = "cnn_small"


def _check(version: DatasetVersion, values: Mapping[str, Any]) -> Settings:
    seconds = values["budget_seconds"]
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        detail = (
            f"A budget is {LEAST_SECONDS} to {MOST_SECONDS:,} seconds (1 minute to 24 hours); "
            f"received {seconds:,}."
        )
        raise Invalid(detail, errors=[FieldError("/budget_seconds", "out_of_range", detail)])
    check_samples(version)
    return {"budget_seconds": seconds, "candidates": candidates(version), "seed": 0}


def candidates(version: DatasetVersion) -> list[dict[str, Any]]:
    """Return what is tried before the search, in this order: `stage`, `title`, `preset`, `config`.

    The instant model; a last layer on each pretrained network whose weights are here, light ones
    first; and one network from nothing.
    """
    transfer = [
        preset
        for preset in PRESETS.values()
        if isinstance(preset, TransferPreset) and preset.missing(settings.WEIGHTS_DIR) is None
    ]
    transfer.sort(key=lambda preset: preset.backbone.parameters)
    return [
        _candidate("instant", "Instant model", PRESETS[INSTANT], version),
        *(_candidate("transfer", preset.backbone.title, preset, version) for preset in transfer),
        _scratch(version),
    ]


def _scratch(version: DatasetVersion) -> dict[str, Any]:
    small = begin_with("small images")
    is_small = recommended_preset(version).preset == small.name
    preset = small if is_small else PRESETS[_FOR_PHOTOGRAPHS]
    return _candidate("scratch", f"{preset.title}, from nothing", preset, version)


def _candidate(stage: str, title: str, preset: Preset, version: DatasetVersion) -> dict[str, Any]:
    config = preset.config(suggested_config(preset, version)).to_dict()
    return {"stage": stage, "title": title, "preset": preset.name, "config": config}


PLAN = Plan(
    job=kinds.AUTO,
    title="Auto",
    question="Which model is good here? Several methods are tried within a budget of time, the "
    "best is registered, and you learn how sure the choice is and what to try next.",
    icon="wand",
    check=_check,
    about=lambda settings: f"a good model in {settings['budget_seconds'] / 60:.3g} min",
)
