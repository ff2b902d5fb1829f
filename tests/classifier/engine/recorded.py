"""Settings that say which of them were looked at: one that no code reads has no effect."""

from typing import Any

from classifier.engine.presets.config import PresetConfig
from classifier.engine.presets.preset import Preset


def recorded(config: PresetConfig, read: set[str]) -> PresetConfig:
    """Return the same settings, which add the names of those that are read to ``read``."""
    values = config.to_dict()

    class Recorded(type(config)):  # type: ignore[misc]
        def __getattribute__(self, name: str) -> Any:
            if name in values:
                read.add(name)
            return super().__getattribute__(name)

        def to_dict(self) -> dict[str, Any]:
            return dict(values)

    found = object.__new__(Recorded)
    vars(found).update(values)
    return found


def effective(preset: Preset, config: PresetConfig) -> set[str]:
    """Return the settings that must count under the others."""
    values = config.to_dict()
    return {
        name
        for name, each in preset.settings.items()
        if each.needs is None or each.needs.met_by(values)
    }
