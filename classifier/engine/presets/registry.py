"""Preset: a named, documented training recipe."""

from dataclasses import dataclass
from typing import Any, Literal

from classifier.engine.presets.config import DEFAULTS, TrainingConfig, preset_fields

Kind = Literal["scratch", "transfer", "classic"]


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A training recipe; ``defaults`` train well without anybody's help.

    ``main`` are the few settings to show first: those that change this recipe's result most.
    """

    name: str
    title: str
    description: str
    kind: Kind
    main: tuple[str, ...]

    @property
    def defaults(self) -> TrainingConfig:
        """The settings that a training has when nobody changes them."""
        return DEFAULTS[self.name]

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the settings that people may change, in the order in which to show them."""
        return tuple(self.defaults.to_dict())

    def config_schema(self) -> dict[str, Any]:
        """Return a JSON Schema (draft 2020-12) of the settings: the form's and the API's source.

        The annotation ``x-main`` marks the settings to show first.
        """
        defaults = self.defaults.to_dict()
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.title,
            "description": self.description,
            "type": "object",
            "properties": {
                name: {**field.schema(defaults[name]), "x-main": name in self.main}
                for name, field in preset_fields(self.name).items()
            },
            "additionalProperties": False,
        }


_ALL = (
    Preset(
        name="cnn_small",
        title="Small CNN for photographs",
        description=(
            "Four convolutional blocks trained from scratch on augmented photographs of "
            "150×150 pixels. For pictures that look nothing like ImageNet's; otherwise "
            "MobileNetV2 is both faster and better."
        ),
        kind="scratch",
        main=("epochs", "augmentation", "learning_rate"),
    ),
    Preset(
        name="cnn_tiny",
        title="Tiny CNN for small images",
        description=(
            "A compact network trained from scratch on images of 32×32 pixels and smaller, "
            "such as CIFAR-10, icons or handwritten digits."
        ),
        kind="scratch",
        main=("epochs", "augmentation", "learning_rate"),
    ),
    Preset(
        name="mobilenet_v2",
        title="MobileNetV2 (transfer learning)",
        description=(
            "A network that has seen 1.3 million ImageNet photographs; only a new last layer is "
            "trained, in a minute, then on request the last blocks too. The best start for "
            "photographs, even with few of them."
        ),
        kind="transfer",
        main=("epochs", "augmentation", "fine_tune_epochs"),
    ),
)

PRESETS: dict[str, Preset] = {preset.name: preset for preset in _ALL}
