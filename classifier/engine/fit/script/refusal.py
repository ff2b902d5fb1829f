"""Which runs are no plain Keras program, and why: a wrong one is never written."""

from classifier.engine.presets.config import PresetConfig, TrainingConfig
from classifier.engine.presets.distilled import DistilledPreset
from classifier.engine.presets.preset import Preset
from classifier.engine.presets.scratch import ScratchPreset
from classifier.engine.presets.transfer import TransferPreset

# What programs do as the trainer does. A setting that is not here is one that no program knows yet.
EXPRESSED = frozenset(
    {
        *("epochs", "batch_size", "learning_rate", "image_size", "fit", "dropout", "weight_decay"),
        *("label_smoothing", "early_stopping_patience", "seed", "deterministic", "precision"),
        *("optimizer", "momentum", "schedule", "warm_up", "decay_epochs", "decay_factor"),
        *("balance", "focal_gamma", "synthetic", "batch_normalization", "stochastic_depth"),
        *("attention", "fine_tune_epochs", "fine_tune_blocks", "fine_tune_learning_rate"),
        *("all_epochs", "all_learning_rate", "augmentation", "flip", "flip_vertical", "rotate"),
        *("zoom", "shear", "translate", "crop", "colour", "brightness", "contrast", "blur"),
        *("rand_augment", "mixup", "cutmix", "random_erasing"),
    }
)


def refusal(preset: Preset, config: PresetConfig) -> str:
    """Return the sentence that says why no program trains this; empty where one does."""
    if sentence := refusal_of_weights(config):
        return sentence
    if isinstance(preset, DistilledPreset):
        return (
            "This run learned the answers of a model that only Loupe has: only Loupe can repeat it."
        )
    if not isinstance(preset, ScratchPreset | TransferPreset):
        return f"{preset.name} has a script of scikit-learn, not of Keras."
    defaults = preset.defaults.to_dict()
    unknown = [
        f"{name} {value}"
        for name, value in config.to_dict().items()
        if name not in EXPRESSED and value != defaults[name]
    ]
    if unknown:
        return (
            f"A plain Keras script cannot do what this run did with {', '.join(unknown)}: only "
            f"Loupe can repeat it."
        )
    if isinstance(preset, TransferPreset) and isinstance(config, TrainingConfig):
        return _of_vectors(config)
    return ""


def refusal_of_weights(config: PresetConfig) -> str:
    """Return why no program repeats a run that weighs images by subgroup; empty where none is."""
    if not config.subgroup_column:
        return ""
    return (
        f"This run weighed its images by subgroup (reweight_by {config.subgroup_column}). A script "
        "cannot divide images as Loupe does: only Loupe can repeat it."
    )


def _of_vectors(config: TrainingConfig) -> str:
    if config.synthetic:
        return (
            f"A plain Keras script cannot make the examples between vectors that this run learned "
            f"from (synthetic {config.synthetic:g}): only Loupe can repeat it."
        )
    return ""
