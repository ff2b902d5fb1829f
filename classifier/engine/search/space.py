"""The space of a search, checked: which settings of a preset it varies, and how far."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from classifier.engine.errors import InvalidConfig
from classifier.engine.presets.config import PresetConfig
from classifier.engine.presets.preset import Preset
from classifier.engine.presets.setting import Setting
from classifier.engine.search.dimensions import Choices, Dimension, Range, Space
from classifier.engine.search.usual import FIXED, POINTS, default_space, ranged, searchable
from common.nearest import nearest_first

MOST_POINTS = 20
MOST_CHOICES = 50
_NEAREST = 8
# Draws of the other settings, until one of them lets a value be trained.
_TRIES = 64


def config_of(preset: Preset, base: Mapping[str, Any], params: Mapping[str, Any]) -> PresetConfig:
    """Return the settings of a trial; one that has no effect beside the others is left alone.

    Raises InvalidConfig where the preset does not take them together.
    """
    values = {**base, **params}
    defaults = preset.defaults.to_dict()
    for name in preset.without_effect(values):
        if name in params:
            values[name] = defaults[name]
    return preset.config(values)


def space_of(preset: Preset, base: Mapping[str, Any], asked: Mapping[str, Any]) -> Space:
    """Return the space that a request names: a range or choices by setting.

    ``base`` are the settings that stay as they are. Raises InvalidConfig with one
    ``(setting, sentence)`` for each that cannot be varied so; ``("", sentence)`` for none at all.
    """
    if not asked:
        there = ", ".join([*default_space(preset, base), "others"])
        sentence = f"A search needs a setting to vary; {preset.name} has {there}. None was named."
        raise InvalidConfig([("", sentence)])
    if len(asked) > len(preset.settings):
        sentence = f"{preset.name} has {len(preset.settings)} settings; {len(asked):,} were named."
        raise InvalidConfig([("", sentence)])
    space: Space = {}
    errors: list[tuple[str, str]] = []
    for name, values in asked.items():
        try:
            space[name] = _wide_enough(name, _dimension(preset, name, values))
        except ValueError as error:
            errors.append((name, str(error)))
    if errors:
        raise InvalidConfig(errors)
    ordered = {name: space[name] for name in preset.settings if name in space}
    _require_trainable(preset, base, ordered)
    return ordered


def stored_space(preset: Preset, stored: Mapping[str, Any]) -> Space:
    """Return the space that ``to_json`` of its dimensions has stored."""
    return {
        name: _dimension(preset, name, stored[name]) for name in preset.settings if name in stored
    }


def grid_size(space: Space) -> int:
    """Return how many trials a grid takes."""
    size = 1
    for dimension in space.values():
        size *= len(dimension.grid())
    return size


def size_of(space: Space) -> int | None:
    """Return how many combinations there are; None where a number is real."""
    size = 1
    for dimension in space.values():
        if dimension.size is None:
            return None
        size *= dimension.size
    return size


def _dimension(preset: Preset, name: str, values: Any) -> Dimension:
    """Return one setting's range or choices; raises ValueError with a sentence."""
    found = preset.settings.get(name)
    if found is None:
        there = ", ".join(nearest_first(name, searchable(preset))[:_NEAREST])
        raise ValueError(f"{preset.name} has no setting {name!r}; a search may vary {there}.")
    if name in FIXED:
        raise ValueError(f"{name} is not for a search to vary: {FIXED[name]}.")
    if isinstance(values, Mapping) and set(values) == {"choices"}:
        return _choices(found, values["choices"])
    if isinstance(values, Mapping) and {"low", "high"} <= set(values) <= set(_RANGE):
        return _range(found, values)
    raise ValueError(
        f'{name} takes {{"low", "high"}}, with log or points, or {{"choices"}}; '
        f"received {values!r}."
    )


_RANGE = ("low", "high", "log", "points")


def _wide_enough(name: str, dimension: Dimension) -> Dimension:
    if isinstance(dimension, Range) and dimension.is_too_narrow:
        low, high = dimension.ends
        raise ValueError(
            f"{name}: four digits of a value are kept, and low and high are the same in them; "
            f"received {low!r} and {high!r}. Give a wider range, or choices."
        )
    return dimension


def _choices(setting: Setting, values: Any) -> Choices:
    if not isinstance(values, list | tuple):
        raise ValueError(f"{setting.name}: choices is a list; received {values!r}.")
    if len(values) > MOST_CHOICES:
        raise ValueError(
            f"{setting.name} may have {MOST_CHOICES} choices at most; received {len(values):,}."
        )
    checked = [setting.check(value) for value in values]
    options = tuple(dict.fromkeys(checked))
    if len(options) < 2:
        raise ValueError(
            f"{setting.name} has {len(options)} choice{'' if len(options) == 1 else 's'}, so it "
            "does not vary: give two or more, or leave it out."
        )
    return Choices(options)


def _range(setting: Setting, values: Mapping[str, Any]) -> Range:
    name = setting.name
    if setting.type not in ("integer", "number") or setting.enum is not None:
        raise ValueError(f"{name} has no numbers between two others: it takes choices.")
    low, high = (setting.check(values[end]) for end in ("low", "high"))
    if not all(isinstance(end, int | float) for end in (low, high)):
        raise ValueError(f"{name} goes from a number to a number; received {low!r} and {high!r}.")
    if low >= high:
        raise ValueError(f"{name}: low must be less than high; received {low:g} and {high:g}.")
    log, points = values.get("log"), values.get("points", POINTS)
    if log is not None and not isinstance(log, bool):
        raise ValueError(f"{name}: log is true or false; received {log!r}.")
    if log and low <= 0:
        raise ValueError(f"{name}: a logarithmic range begins above 0; received low {low:g}.")
    if type(points) is not int or not 2 <= points <= MOST_POINTS:
        raise ValueError(f"{name}: points is from 2 to {MOST_POINTS}; received {points!r}.")
    return ranged(setting, low, high, log, points)


def _require_trainable(preset: Preset, base: Mapping[str, Any], space: Space) -> None:
    """Raise InvalidConfig for each end or choice that no values of the others let be trained."""
    rng = np.random.default_rng(0)
    errors = []
    for name, dimension in space.items():
        for value in dimension.ends:
            why = _why_never(preset, base, space, name, value, rng)
            if why:
                errors.append((name, f"{name} of {value} cannot be trained in this space. {why}"))
                break
    if errors:
        raise InvalidConfig(errors)


def _why_never(
    preset: Preset,
    base: Mapping[str, Any],
    space: Space,
    name: str,
    value: Any,
    rng: np.random.Generator,
) -> str:
    why = ""
    for _ in range(_TRIES):
        drawn = {other: each.draw(rng) for other, each in space.items()}
        values = {**base, **drawn, name: value}
        why = preset.without_effect(values).get(name, "")
        if why:
            continue
        try:
            config_of(preset, base, {**drawn, name: value})
        except InvalidConfig as error:
            why = str(error)
        else:
            return ""
    return why
