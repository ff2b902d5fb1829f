"""What a training does about imbalance, few labels and subgroups, and the same without it."""

from typing import Any

from classifier.engine.presets.config import PresetConfig

# What each setting is where it does nothing.
OFF: dict[str, Any] = {
    "balance": "none",
    "balanced": False,
    "focal_gamma": 0.0,
    "synthetic": 0.0,
    "self_training": 0.0,
    "reweight_by": "",
}
_WORDS = {
    "balanced": "class weights",
    "focal_gamma": "focal loss",
    "synthetic": "synthetic examples",
    "self_training": "self-training",
}


def treatments_of(config: PresetConfig) -> list[str]:
    """Return what is on, in words; empty where the training treats all images alike.

    Of a training that weighs subgroups that alone: what it changes is not to be mixed up with what
    class weights do.
    """
    values = config.to_dict()
    on = _on(config)
    return [_in_words(name, values[name]) for name in on]


def _on(config: PresetConfig) -> list[str]:
    if config.subgroup_column:
        return ["reweight_by"]
    values = config.to_dict()
    return [name for name, off in OFF.items() if name in values and values[name] != off]


def _in_words(name: str, value: Any) -> str:
    if name == "reweight_by":
        return f"reweighting by {value}"
    # balance says by its value what it does: class_weights, balanced_sampling.
    return _WORDS.get(name) or str(value).replace("_", " ")


def without_treatments(config: PresetConfig) -> dict[str, Any]:
    """Return the settings with what `treatments_of` names off, and nothing else changed."""
    return config.to_dict() | {name: OFF[name] for name in _on(config)}
