from rest_framework import serializers

from classifier.experiments.serializers.base import ExperimentInput
from classifier.experiments.services.plans.cross_validation import STRATEGIES
from classifier.experiments.services.plans.learning_curve import DEFAULT_PRESET
from classifier.training.serializers.presets import PresetNameField

# As the schema names the choice (config.api_settings).
KIND = ["learning_curve"]


class LearningCurveInput(ExperimentInput):
    kind = serializers.ChoiceField(choices=KIND)
    preset = PresetNameField(
        default=DEFAULT_PRESET,
        help_text="One that learns in seconds: on a pretrained network, or classic.",
    )
    strategy = serializers.ChoiceField(
        choices=[str(each) for each in STRATEGIES],
        default=str(STRATEGIES[0]),
        help_text="Of the five folds that are asked: `stratified`, or `grouped`: near copies are "
        "in one fold.",
    )
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)


INPUT = LearningCurveInput
