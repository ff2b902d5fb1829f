"""A search: the settings of a preset that are best on the validation split."""

from collections.abc import Mapping
from typing import Any, get_args

from django.conf import settings as django_settings

from classifier.engine.errors import InvalidConfig
from classifier.engine.measure.search import Objective
from classifier.engine.presets.preset import Preset
from classifier.engine.presets.registry import PRESETS
from classifier.engine.search.dimensions import Space
from classifier.engine.search.space import grid_size, space_of
from classifier.engine.search.study import Sampler
from classifier.engine.search.usual import default_space
from classifier.experiments import kinds
from classifier.experiments.services.plans.plan import Plan, Settings
from classifier.training.services.check_subgroups import check_subgroups
from classifier.training.services.start_training import (
    LEAST_SECONDS,
    check_samples,
    check_weights,
    checked_settings,
)
from common.errors import FieldError, Invalid, pointer_part
from datasets.models import DatasetVersion

MOST_TRIALS = 500
MOST_PARALLEL = 8
SAMPLERS = get_args(Sampler)
OBJECTIVES = get_args(Objective)


def _check(version: DatasetVersion, values: Mapping[str, Any]) -> Settings:
    preset = PRESETS[values["preset"]]
    chosen = checked_settings(preset.name, values.get("config") or {})
    config = chosen.to_dict()
    if config.get("self_training"):
        raise _invalid(
            "/config/self_training",
            "no_effect",
            "A search learns from labelled images alone, so self_training must be 0; received "
            f"{config['self_training']:g}.",
        )
    _check_budget(values)
    _check_parallel(values["parallel"])
    space = _space(preset, config, values.get("space"))
    _check_grid(values, space)
    check_weights(preset.name)
    check_samples(version)
    check_subgroups(version, chosen)
    _check_validation(version)
    return {
        "preset": preset.name,
        "config": config,
        "space": {name: each.to_json() for name, each in space.items()},
        "sampler": values["sampler"],
        "objective": values["objective"],
        "trials": values.get("trials"),
        "timeout_seconds": values.get("timeout_seconds"),
        "pruning": values["pruning"],
        "parallel": values["parallel"],
        "seed": values["seed"],
    }


def most_trials(settings: Mapping[str, Any], space: Space) -> int:
    """Return how many trials a search of these settings has at most."""
    most = settings["trials"] or MOST_TRIALS
    return min(most, grid_size(space)) if settings["sampler"] == "grid" else most


def _check_budget(values: Mapping[str, Any]) -> None:
    trials, seconds = values.get("trials"), values.get("timeout_seconds")
    if trials is None and seconds is None:
        raise _invalid(
            "/trials",
            "required",
            "A search needs a budget: trials, timeout_seconds, or both; received neither.",
        )
    if trials is not None and not 1 <= trials <= MOST_TRIALS:
        raise _invalid(
            "/trials",
            "out_of_range",
            f"A search has 1 to {MOST_TRIALS} trials; received {trials:,}.",
        )
    most = int(django_settings.JOB_TIME_LIMIT_SECONDS)
    if seconds is not None and not LEAST_SECONDS <= seconds <= most:
        raise _invalid(
            "/timeout_seconds",
            "out_of_range",
            f"A search may take {LEAST_SECONDS} to {most:,} seconds ({most / 3600:.4g} hours); "
            f"received {seconds:,}.",
        )


def _check_parallel(parallel: int) -> None:
    if not 1 <= parallel <= MOST_PARALLEL:
        detail = f"1 to {MOST_PARALLEL} trials may be under way at once; received {parallel:,}."
        raise _invalid("/parallel", "out_of_range", detail)


def _space(preset: Preset, config: Mapping[str, Any], asked: Mapping[str, Any] | None) -> Space:
    if asked is None:
        return default_space(preset, config)
    try:
        return space_of(preset, config, asked)
    except InvalidConfig as error:
        faults = [
            FieldError(
                f"/space/{pointer_part(name)}" if name else "/space",
                "invalid" if name in preset.settings or not name else "unknown_field",
                sentence,
            )
            for name, sentence in error.errors
        ]
        raise Invalid(error.detail, errors=faults) from error


def _check_grid(values: Mapping[str, Any], space: Space) -> None:
    if values["sampler"] != "grid":
        return
    size, most = grid_size(space), values.get("trials") or MOST_TRIALS
    if size > most:
        raise _invalid(
            "/trials",
            "grid_too_large",
            f"This grid has {size:,} points, and the search {most:,} trials: a grid of which a "
            "part is tried says nothing of the rest. Vary fewer settings, give them fewer points "
            "or choices, or take another sampler.",
        )


def _check_validation(version: DatasetVersion) -> None:
    if not sum(version.sample_counts.get("validation", {}).values()):
        raise _invalid(
            "/dataset_version",
            "no_validation",
            f"A search compares its trials on the validation split; version {version.number} has "
            "no images there. Freeze a version with a validation split.",
        )


def _invalid(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(pointer, code, detail)])


def _about(settings: Settings) -> str:
    return f"search of {settings['preset']}"


PLAN = Plan(
    job=kinds.SEARCH,
    title="Search",
    question="Which settings are best? A preset is trained many times; each time with settings "
    "chosen by what came of those before, and compared on the validation images.",
    icon="adjustments-horizontal",
    check=_check,
    about=_about,
)
