"""Every preset there is: one module of ``catalog`` each, found by itself."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from classifier.engine.errors import InvalidConfig
from classifier.engine.presets import catalog
from classifier.engine.presets.config import PresetConfig
from classifier.engine.presets.preset import Preset

PRESETS: dict[str, Preset] = {}


def register(preset: Preset) -> Preset:
    """Make a preset known by its name, in this process; raises ValueError for a name taken."""
    if PRESETS.setdefault(preset.name, preset) is not preset:
        raise ValueError(f"There are two presets {preset.name!r}.")
    return preset


def checked_config(preset_name: str, overrides: Any) -> PresetConfig:
    """Return the settings of a training of this preset: see ``Preset.config``.

    Raises InvalidConfig; an unknown preset is reported under the field ``preset``.
    """
    if preset_name not in PRESETS:
        names = ", ".join(PRESETS)
        raise InvalidConfig(
            [("preset", f"preset must be one of {names}; received {preset_name!r}.")]
        )
    return PRESETS[preset_name].config(overrides)


def begin_with(good_for: str) -> Preset:
    """Return the preset to begin with for such images: ``small images`` or ``photographs``."""
    return next(preset for preset in PRESETS.values() if preset.good_for == good_for)


for _module in sorted(found.name for found in iter_modules(catalog.__path__)):
    register(import_module(f"{catalog.__name__}.{_module}").PRESET)
