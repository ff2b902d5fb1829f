from rest_framework import serializers

from classifier.engine.presets.registry import PRESETS
from classifier.experiments.serializers.base import ExperimentInput
from classifier.experiments.services.plans.cross_validation import (
    FEWEST_FOLDS,
    MOST_FOLDS,
    STRATEGIES,
)
from classifier.training.serializers.presets import PresetNameField

# As the schema names the choice (config.api_settings).
KIND = ["cross_validation"]


class CrossValidationInput(ExperimentInput):
    """A preset, and in how many folds."""

    kind = serializers.ChoiceField(choices=KIND)
    preset = PresetNameField()
    config = serializers.DictField(
        required=False, help_text="Settings that differ from the preset's defaults."
    )
    folds = serializers.IntegerField(min_value=FEWEST_FOLDS, max_value=MOST_FOLDS, default=5)
    strategy = serializers.ChoiceField(
        choices=[str(each) for each in STRATEGIES],
        default=str(STRATEGIES[0]),
        help_text="`stratified`: each fold has its share of each class, images of the same content "
        "are in one fold; `grouped`: near copies are in one fold, too.",
    )
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)

    def place_of(self, name: str) -> str:
        """Return `config` for the name of a setting."""
        known = any(name in preset.settings for preset in PRESETS.values())
        return "config" if known else super().place_of(name)


INPUT = CrossValidationInput
