from rest_framework import serializers

from classifier.experiments.serializers.base import ExperimentInput
from classifier.experiments.services.plans.auto import (
    LEAST_SECONDS,
    MOST_SECONDS,
    USUAL_SECONDS,
)

# As the schema names the choice (config.api_settings).
KIND = ["auto"]


class AutoInput(ExperimentInput):
    """How long it may take."""

    kind = serializers.ChoiceField(choices=KIND)
    budget_seconds = serializers.IntegerField(
        min_value=LEAST_SECONDS,
        max_value=MOST_SECONDS,
        default=USUAL_SECONDS,
        help_text="From the start of its work. What does not fit is left out, and the result says "
        "why; the instant model is fitted in any case.",
    )


INPUT = AutoInput
