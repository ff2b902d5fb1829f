"""The ranges that a search suggests, and the settings that it varies where nothing is said.

A setting's own limits say what can be trained; most of it is no use to try.
"""

from collections.abc import Mapping
from typing import Any

from classifier.engine.errors import InvalidConfig
from classifier.engine.presets.config import TrainingConfig
from classifier.engine.presets.preset import Preset
from classifier.engine.presets.setting import Setting
from classifier.engine.search.dimensions import Choices, Dimension, Range, Space

POINTS = 3
# From this ratio of the ends on, each tenfold counts alike.
LOG_FROM = 30
# How far from the preset's own value a rate is worth a try, up and down.
_RATE_REACH = 30
_REACH = 4
# Where a range by the default says little: it is 0, or the useful part is known.
_NETWORK: dict[str, tuple[float, float]] = {
    "dropout": (0.0, 0.6),
    "weight_decay": (1e-4, 0.3),
    "label_smoothing": (0.0, 0.2),
    "batch_size": (16, 128),
    "warm_up": (0.0, 0.3),
    "momentum": (0.5, 0.99),
    "focal_gamma": (0.0, 3.0),
    "stochastic_depth": (0.0, 0.5),
}
_CLASSIC: dict[str, tuple[float, float]] = {
    "inverse_penalty": (1e-3, 1e3),
    "gamma": (1e-5, 1.0),
    "principal_components": (16, 256),
    "neighbours": (1, 50),
    "least_in_leaf": (1, 50),
    "tried": (0.05, 1.0),
    "penalty": (0.0, 10.0),
}
# What a search varies by itself, where the preset has it.
_NETWORK_DEFAULT = (
    "learning_rate", "weight_decay", "dropout", "label_smoothing", "augmentation",
    "fine_tune_learning_rate",
)  # fmt: skip
_CLASSIC_DEFAULT = (
    "inverse_penalty", "gamma", "principal_components", "neighbours", "trees", "rounds",
    "learning_rate", "most_leaves", "least_in_leaf", "balanced",
)  # fmt: skip
# These say how a training is repeated, or with which images: no search may choose them.
FIXED = {
    "seed": "it is luck, and luck does not repeat itself on other images",
    "deterministic": "it changes no accuracy",
    "precision": "it changes the speed, hardly the accuracy",
    "self_training": "a search learns from labelled images alone",
    "reweight_by": "it is chosen for fairness, which a search does not measure",
}


def searchable(preset: Preset) -> dict[str, Setting]:
    """Return the settings of the preset that a search may vary."""
    return {name: each for name, each in preset.settings.items() if name not in FIXED}


def suggested(preset: Preset, name: str, base: Mapping[str, Any]) -> Dimension:
    """Return what is worth a try of a setting that may be varied, around ``base``'s value."""
    setting = preset.settings[name]
    if setting.type == "boolean":
        return Choices((False, True))
    if setting.enum is not None:
        return Choices(tuple(_options(preset, setting, base)))
    least, most = _limits(setting)
    low, high = _useful(preset, setting, base[name])
    return ranged(setting, max(low, least), min(high, most))


def ranged(
    setting: Setting, low: float, high: float, log: bool | None = None, points: int = POINTS
) -> Range:
    """Return a range; without ``log`` a wide one of positive numbers is searched by tenfolds."""
    wide = low > 0 and high / low >= LOG_FROM
    return Range(low, high, wide if log is None else log, setting.type == "integer", points)


def default_space(preset: Preset, base: Mapping[str, Any]) -> Space:
    """Return what a search varies where nothing is said: what has an effect beside ``base``."""
    network = isinstance(preset.defaults, TrainingConfig)
    names = _NETWORK_DEFAULT if network else _CLASSIC_DEFAULT
    return {
        name: suggested(preset, name, base)
        for name, each in searchable(preset).items()
        if name in names and (each.needs is None or each.needs.met_by(base))
    }


def _options(preset: Preset, setting: Setting, base: Mapping[str, Any]) -> list[str]:
    """Return the words of a setting that the preset takes beside ``base``."""
    found = []
    for option in setting.enum or ():
        try:
            preset.config({**base, setting.name: option})
        except InvalidConfig:
            continue
        found.append(option)
    return found if len(found) > 1 else list(setting.enum or ())


def _limits(setting: Setting) -> tuple[float, float]:
    if setting.minimum is None or setting.maximum is None:
        raise ValueError(f"{setting.name} is a number without limits")
    return setting.minimum, setting.maximum


def _useful(preset: Preset, setting: Setting, value: Any) -> tuple[float, float]:
    network = isinstance(preset.defaults, TrainingConfig)
    known = (_NETWORK if network else _CLASSIC).get(setting.name)
    if known is not None:
        return known
    if not isinstance(value, int | float) or not value:
        return _limits(setting)
    reach = _RATE_REACH if network and setting.name.endswith("learning_rate") else _REACH
    if setting.type == "integer":
        return max(1, value // reach), value * reach
    return float(f"{value / reach:.2g}"), float(f"{value * reach:.2g}")
