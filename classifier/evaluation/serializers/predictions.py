from rest_framework import serializers

from classifier.evaluation.selectors.predictions import ORDERS
from common.inputs import InputSerializer


class PredictionsQuery(InputSerializer):
    true = serializers.CharField(
        required=False,
        trim_whitespace=False,
        help_text="Only images of this class, as the confusion matrix names it.",
    )
    predicted = serializers.CharField(
        required=False, trim_whitespace=False, help_text="Only images taken for this class."
    )
    order = serializers.ChoiceField(
        choices=ORDERS,
        default="-confidence",
        help_text="By the probability of the predicted class: `-confidence` has the most confident "
        "answers first, `confidence` the least certain ones.",
    )
    correct = serializers.BooleanField(
        required=False,
        help_text="true for right answers alone, false for mistakes alone; both without it.",
    )


class ReportPredictionSerializer(serializers.Serializer):
    """What a report's model answered to one image."""

    image = serializers.UUIDField(source="sample.image_id")
    true = serializers.CharField(help_text="Its class when the version was frozen.")
    predicted = serializers.CharField()
    probability = serializers.FloatField(help_text="Of the predicted class, 0 to 1.")
    correct = serializers.BooleanField()
