"""The trials of a search as its page draws them: table, history, importance, parallel axes."""

from collections.abc import Mapping, Sequence
from typing import Any

from classifier.engine.measure.search import SearchResult
from classifier.engine.presets.preset import Preset
from classifier.engine.presets.registry import PRESETS
from classifier.engine.presets.setting import in_words
from classifier.engine.search.dimensions import Choices, Dimension, Space
from classifier.engine.search.space import stored_space
from classifier.experiments.selectors.trials import Trial
from classifier.models import Experiment

# Axes side by side that can still be told apart; the table has all.
MOST_AXES = 8


def shown_trials(
    experiment: Experiment, trials: Sequence[Trial], result: SearchResult | None
) -> dict[str, Any]:
    """Return what the page shows of the trials: best first, those under way before them."""
    settings = experiment.settings
    preset = PRESETS[settings["preset"]]
    space = stored_space(preset, settings["space"])
    order = sorted(trials, key=lambda each: (not each.is_open, -_score(each), each.number))
    ended = [each for each in order if each.score is not None]
    best = ended[0] if ended else None
    return {
        "preset": preset,
        "best": best,
        "first": next((each for each in trials if each.number == 0), None),
        "planned": settings["trials"],
        "objective": settings["objective"],
        "columns": [preset.settings[name].title for name in space],
        "rows": [_row(each, space, best) for each in order],
        "done": sum(not each.is_open for each in trials),
        "ends": _ends(trials),
        "history": _history(trials, settings["objective"]),
        "importance": _importance(result, preset),
        "parallel": _parallel(trials, space, preset, settings["objective"], result),
        "settings_of_best": _differences(best, preset) if best else [],
    }


def _ends(trials: Sequence[Trial]) -> str:
    """Return what is to be said of the trials that did not run their course by themselves."""
    repeats = sum(each.same_as is not None for each in trials)
    parts = (
        (sum(each.status == "pruned" for each in trials), "ended early"),
        (sum(each.status == "failed" for each in trials), "failed"),
        (repeats, "repeats another" if repeats == 1 else "repeat others"),
    )
    return ", ".join(f"{count:,} {words}" for count, words in parts if count) or (
        "all ran their course"
    )


def _score(trial: Trial) -> float:
    return float("-inf") if trial.score is None else trial.score


def _row(trial: Trial, space: Space, best: Trial | None) -> dict[str, Any]:
    return {
        "trial": trial,
        "number": trial.number + 1,
        "is_best": trial is best,
        "cells": [in_words(trial.config.get(name)) for name in space],
    }


def _history(trials: Sequence[Trial], objective: str) -> dict[str, Any]:
    better = max if objective == "accuracy" else min
    points, best = [], None
    for each in trials:
        if each.value is None:
            continue
        best = each.value if best is None else better(best, each.value)
        points.append(
            {
                "number": each.number + 1,
                "value": each.value,
                "best": best,
                "pruned": each.status == "pruned",
            }
        )
    return {"objective": objective, "points": points}


def _importance(result: SearchResult | None, preset: Preset) -> dict[str, Any] | None:
    if result is None or result.importance is None:
        return None
    return {
        "settings": [
            {"title": preset.settings[each.setting].title, "share": each.share}
            for each in result.importance
        ]
    }


def _parallel(
    trials: Sequence[Trial],
    space: Space,
    preset: Preset,
    objective: str,
    result: SearchResult | None,
) -> dict[str, Any]:
    """Return the axes, those that matter most beside the result, and a line for each trial."""
    names = list(space)
    if result is not None and result.importance is not None:
        names = [each.setting for each in result.importance]
    names = names[:MOST_AXES][::-1]
    return {
        "objective": objective,
        "axes": [_axis(space[name], preset.settings[name].title) for name in names],
        "lines": [
            {
                "number": each.number + 1,
                "values": [_at(space[name], each.params[name]) for name in names],
                "value": each.value,
            }
            for each in trials
            if each.value is not None and each.params
        ],
        "left_out": max(0, len(space) - MOST_AXES),
    }


def _axis(dimension: Dimension, title: str) -> dict[str, Any]:
    if isinstance(dimension, Choices):
        return {"title": title, "options": [in_words(each) for each in dimension.options]}
    low, high = dimension.ends
    return {"title": title, "low": low, "high": high, "log": dimension.log}


def _at(dimension: Dimension, value: Any) -> Any:
    return in_words(value) if isinstance(dimension, Choices) else value


def _differences(best: Trial, preset: Preset) -> list[dict[str, str]]:
    """Return the settings of the best trial that are not the preset's defaults."""
    defaults: Mapping[str, Any] = preset.defaults.to_dict()
    return [
        {"title": setting.title, "value": in_words(best.config[name])}
        for name, setting in preset.settings.items()
        if name in best.config and best.config[name] != defaults[name]
    ]
