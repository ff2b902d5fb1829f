"""TrainingConfig: the hyper-parameters of a training, checked, and saved with the run.

Each family of presets has a dataclass of its own, so a preset holds the settings that it has and
no others. A field's metadata carry its words and limits (docs/adr/0015).
"""

from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from classifier.engine.presets.setting import Setting, setting, setting_of

Augmentation = Literal["none", "shift", "mirror", "full"]
Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """The settings of every preset that is trained epoch by epoch."""

    epochs: int = setting(
        "Epochs",
        "How often training goes through all training images, at most.",
        minimum=1,
        maximum=1000,
    )
    batch_size: int = setting(
        "Batch size",
        "Images per step. Larger is faster and needs more memory.",
        minimum=1,
        maximum=1024,
    )
    learning_rate: float = setting(
        "Learning rate",
        "The highest step size; it warms up to it, then falls along a cosine to 0.",
        minimum=1e-6,
        maximum=1.0,
    )
    image_size: int = setting(
        "Image size",
        "Every image is resized to a square with sides of this many pixels.",
        minimum=8,
        maximum=512,
    )
    augmentation: Augmentation = setting(
        "Augmentation",
        "Random changes that show each training image a little differently: shift moves and "
        "scales it (safe for digits and letters), mirror also swaps left and right, full also "
        "rotates it and changes brightness, contrast and colour.",
        enum=get_args(Augmentation),
    )
    dropout: float = setting(
        "Dropout",
        "Share of features hidden at random before the last layer.",
        minimum=0.0,
        maximum=0.9,
    )
    weight_decay: float = setting(
        "Weight decay",
        "How strongly weights are pulled towards 0 (AdamW).",
        minimum=0.0,
        maximum=0.5,
    )
    label_smoothing: float = setting(
        "Label smoothing",
        "Probability spread over all classes in the target; less over-confidence.",
        minimum=0.0,
        maximum=0.5,
    )
    early_stopping_patience: int = setting(
        "Patience",
        "Stop after this many epochs without a lower validation loss; 0 never stops early. The "
        "best epoch is kept either way.",
        minimum=0,
        maximum=1000,
    )
    seed: int = setting(
        "Seed",
        "Start of all randomness: first weights, order, augmentation, dropout.",
        minimum=0,
        maximum=2**31 - 1,
    )
    deterministic: bool = setting(
        "Repeatable",
        "The same data, settings and machine give the same model, bit for bit.",
    )

    @property
    def planned_epochs(self) -> int:
        """How many epochs a training may take, over all stages."""
        return self.epochs

    @classmethod
    def settings(cls) -> dict[str, Setting]:
        """Return the settings by name, in the order in which to show them."""
        return {
            field.name: setting_of(field.name, field.type, field.metadata["setting"])
            for field in fields(cls)
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON values; ``Preset.config`` takes them back."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
