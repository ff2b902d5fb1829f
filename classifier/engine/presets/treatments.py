"""What a training does about imbalance and few labels, and the same training without it."""

from typing import Any

from classifier.engine.presets.config import PresetConfig

# What each setting is where it does nothing.
OFF: dict[str, Any] = {
    "balance": "none",
    "balanced": False,
    "focal_gamma": 0.0,
    "synthetic": 0.0,
    "self_training": 0.0,
}
_WORDS = {
    "balanced": "class weights",
    "focal_gamma": "focal loss",
    "synthetic": "synthetic examples",
    "self_training": "self-training",
}


def treatments_of(config: PresetConfig) -> list[str]:
    """Return what is on, in words; empty where the training treats all images alike."""
    values = config.to_dict()
    on = [name for name, off in OFF.items() if name in values and values[name] != off]
    # balance says by its value what it does: class_weights, balanced_sampling.
    return [_WORDS.get(name) or str(values[name]).replace("_", " ") for name in on]


def without_treatments(config: PresetConfig) -> dict[str, Any]:
    """Return the settings with all of it off, and nothing else changed."""
    values = config.to_dict()
    return values | {name: off for name, off in OFF.items() if name in values}
