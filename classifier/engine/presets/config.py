"""TrainingConfig: every hyper-parameter of a training, checked, and saved with the run."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, Self

from classifier.engine.errors import InvalidConfig
from classifier.engine.presets.settings import FIELDS, Field
from common.nearest import nearest_first

Augmentation = Literal["none", "shift", "mirror", "full"]
Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """The hyper-parameters of one training; ``settings.FIELDS`` holds their meaning and limits.

    A setting that the preset does not have is None.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    image_size: int
    augmentation: Augmentation
    dropout: float
    weight_decay: float
    label_smoothing: float
    early_stopping_patience: int
    seed: int
    deterministic: bool
    precision: Precision | None = None
    fine_tune_epochs: int | None = None
    fine_tune_blocks: int | None = None
    fine_tune_learning_rate: float | None = None

    @classmethod
    def from_dict(cls, preset_name: str, overrides: Mapping[str, Any]) -> Self:
        """Return the preset's defaults with ``overrides`` in place of some of them.

        Raises InvalidConfig with one ``(field, sentence)`` for each value that is not allowed;
        an unknown preset is reported under the field ``preset``.
        """
        if preset_name not in DEFAULTS:
            names = ", ".join(DEFAULTS)
            raise InvalidConfig(
                [("preset", f"preset must be one of {names}; received {preset_name!r}.")]
            )
        allowed = preset_fields(preset_name)
        values: dict[str, Any] = {}
        errors: list[tuple[str, str]] = []
        for name, value in overrides.items():
            if name not in allowed:
                errors.append((name, _unknown(preset_name, name)))
                continue
            try:
                values[name] = allowed[name].check(value)
            except ValueError as error:
                errors.append((name, str(error)))
        if errors:
            raise InvalidConfig(errors)
        return replace(DEFAULTS[preset_name], **values)  # type: ignore[return-value]

    def to_dict(self) -> dict[str, Any]:
        """Return the preset's settings as JSON values; ``from_dict`` takes them back."""
        pairs = ((item.name, getattr(self, item.name)) for item in fields(self))
        return {name: value for name, value in pairs if value is not None}


def preset_fields(preset_name: str) -> dict[str, Field]:
    """Return the settings that a preset has, by name, with the limits it gives them."""
    limits = LIMITS[preset_name]
    return {
        name: replace(FIELDS[name], **limits.get(name, {}))
        for name in DEFAULTS[preset_name].to_dict()
    }


def _unknown(preset_name: str, name: str) -> str:
    names = ", ".join(nearest_first(name, DEFAULTS[preset_name].to_dict()))
    return f"{preset_name} has no setting {name!r}; its settings are {names}."


DEFAULTS: dict[str, TrainingConfig] = {
    "cnn_small": TrainingConfig(
        epochs=30,
        batch_size=32,
        learning_rate=0.003,
        image_size=150,
        augmentation="mirror",
        dropout=0.3,
        weight_decay=0.01,
        label_smoothing=0.1,
        early_stopping_patience=10,
        seed=0,
        deterministic=True,
        precision="float32",
    ),
    "cnn_tiny": TrainingConfig(
        epochs=10,
        batch_size=32,
        learning_rate=0.002,
        image_size=32,
        augmentation="shift",
        dropout=0.2,
        weight_decay=0.01,
        label_smoothing=0.05,
        early_stopping_patience=5,
        seed=0,
        deterministic=True,
        precision="float32",
    ),
    "mobilenet_v2": TrainingConfig(
        epochs=30,
        batch_size=32,
        learning_rate=0.001,
        image_size=224,
        augmentation="mirror",
        dropout=0.2,
        weight_decay=0.01,
        label_smoothing=0.05,
        early_stopping_patience=10,
        seed=0,
        deterministic=True,
        fine_tune_epochs=0,
        fine_tune_blocks=3,
        fine_tune_learning_rate=0.0001,
    ),
}

LIMITS: dict[str, dict[str, dict[str, Any]]] = {
    "cnn_small": {"image_size": {"minimum": 64, "maximum": 512}},
    "cnn_tiny": {"image_size": {"minimum": 8, "maximum": 64}},
    "mobilenet_v2": {"image_size": {"minimum": 64, "maximum": 448}},
}
