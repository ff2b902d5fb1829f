"""Which learning rates a range test can find."""

from classifier.engine.errors import InvalidConfig
from classifier.engine.presets.config import PresetConfig, TrainingConfig
from classifier.engine.presets.preset import Preset

# A rate, and the setting that must be above 0 for the rate to mean anything.
_EPOCHS = {
    "learning_rate": "epochs",
    "fine_tune_learning_rate": "fine_tune_epochs",
    "all_learning_rate": "all_epochs",
}


def rates_of(preset: Preset) -> list[str]:
    """Return the settings of the preset that a range test can find; none of a classic method.

    The learning rate of gradient boosting says how much each tree counts, and no step has it.
    """
    if preset.single_runs or not isinstance(preset.defaults, TrainingConfig):
        return []
    return [name for name in _EPOCHS if name in preset.settings]


def require_rate(preset: Preset, config: PresetConfig, rate: str) -> TrainingConfig:
    """Return the settings where their training has a stage of this rate.

    Raises InvalidConfig: under ``preset`` where it has no rate to find, else under the setting.
    """
    known = rates_of(preset)
    if preset.single_runs:
        raise InvalidConfig(
            [("preset", f"{preset.name} learns from a teacher, which a range test does not ask.")]
        )
    if not isinstance(config, TrainingConfig) or not known:
        counts = " Its learning_rate is how much each tree counts."
        own = counts if "learning_rate" in preset.settings else ""
        raise InvalidConfig(
            [("preset", f"{preset.name} takes no steps whose learning rate could be sought.{own}")]
        )
    if rate not in known:
        sentence = f"setting must be one of {', '.join(known)}; received {rate!r}."
        raise InvalidConfig([("setting", sentence)])
    if not getattr(config, _EPOCHS[rate]):
        sentence = f"{rate} has an effect with {_EPOCHS[rate]} of 1 or more; received 0."
        raise InvalidConfig([(_EPOCHS[rate], sentence)])
    return config
