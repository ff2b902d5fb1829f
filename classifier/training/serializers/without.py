"""A run beside the same run without its treatments, as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from classifier.evaluation.selectors.with_and_without import MOST, SHOWN, WithAndWithout
from classifier.evaluation.serializers.comparison import DifferenceSerializer
from classifier.evaluation.serializers.figures import AveragesSerializer
from common.inputs import InputSerializer
from jobs.models import Status


class WithoutQuery(InputSerializer):
    classes = serializers.IntegerField(
        min_value=1, max_value=MOST, default=SHOWN, help_text="How many classes are compared."
    )


class ClassDifferenceSerializer(serializers.Serializer):
    class_name = serializers.CharField(source="figures.class_name")
    train_images = serializers.IntegerField()
    support = serializers.IntegerField(
        source="figures.support", help_text="Test images of the class."
    )
    with_treatment = AveragesSerializer(source="figures.this")
    without_treatment = AveragesSerializer(source="figures.other")
    precision = DifferenceSerializer(source="figures.precision")
    recall = DifferenceSerializer(source="figures.recall")
    f1 = DifferenceSerializer(source="figures.f1")


class WithAndWithoutSerializer(serializers.Serializer):
    treatments = serializers.ListField(
        child=serializers.CharField(),
        help_text="class weights, balanced sampling, focal loss, synthetic examples, "
        "self-training: what this run uses of them.",
    )
    training_run = serializers.UUIDField(
        source="twin.pk",
        default=None,
        allow_null=True,
        help_text="The run of the same version, preset, settings and seed with all of them off.",
    )
    status = serializers.ChoiceField(
        source="twin.job.status", choices=Status.choices, default=None, allow_null=True
    )
    accuracy = DifferenceSerializer(
        source="comparison.accuracy",
        default=None,
        allow_null=True,
        help_text="On the test images; null until both runs have a report.",
    )
    per_class = serializers.SerializerMethodField(
        help_text="Those with the fewest train images first; null as accuracy."
    )

    hidden_classes = serializers.IntegerField(
        source="comparison.hidden",
        default=None,
        allow_null=True,
        help_text="How many classes more there are; null as accuracy.",
    )

    @extend_schema_field(ClassDifferenceSerializer(many=True, allow_null=True))
    def get_per_class(self, found: WithAndWithout) -> list[dict[str, Any]] | None:
        if found.comparison is None:
            return None
        return [dict(ClassDifferenceSerializer(row).data) for row in found.comparison.rows]
