from rest_framework import serializers

from accounts.fields import VisibleObjectField
from classifier.engine.presets.registry import PRESETS
from classifier.experiments.serializers.base import ExperimentInput
from classifier.experiments.services.plans.ensemble import ALL_METHODS, FEWEST, MOST
from classifier.models import ModelVersion
from classifier.training.serializers.presets import PresetNameField

# As the schema names the choice (config.api_settings).
KIND = ["ensemble"]
METHODS = list(ALL_METHODS)


class EnsembleInput(ExperimentInput):
    """Members and how their answers become one; or, for bagging, what to train."""

    kind = serializers.ChoiceField(choices=KIND)
    method = serializers.ChoiceField(
        choices=METHODS,
        help_text="`average`: the mean of the calibrated probabilities; `weighted`: with weights "
        "that are fitted on validation; `stacking`: a regression on the members' answers, fitted "
        "there, too; `bagging`: a preset learns from `count` samples, drawn with replacement, of "
        "the train split, and their average answers.",
    )
    members = serializers.ListField(
        child=VisibleObjectField(queryset=ModelVersion.objects.select_related("model")),
        required=False,
        max_length=50,
        help_text=f"{FEWEST} to {MOST} model versions of the same classes; none for bagging.",
    )
    preset = PresetNameField(
        required=False, help_text="For bagging: on a frozen network, or classic."
    )
    config = serializers.DictField(
        required=False, help_text="For bagging: settings that differ from the preset's defaults."
    )
    count = serializers.IntegerField(
        min_value=FEWEST, max_value=MOST, required=False, help_text="For bagging; 5 when left out."
    )

    def place_of(self, name: str) -> str:
        """Return `config` for the name of a setting."""
        known = any(name in preset.settings for preset in PRESETS.values())
        return "config" if known else super().place_of(name)


INPUT = EnsembleInput
