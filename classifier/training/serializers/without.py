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


class SubgroupRowSerializer(serializers.Serializer):
    value = serializers.CharField(help_text="Empty: images without a value.")
    support = serializers.IntegerField(help_text="Test images of the subgroup.")
    with_treatment = serializers.FloatField(source="this", help_text="Accuracy, 0 to 1.")
    without_treatment = serializers.FloatField(source="other", help_text="Accuracy, 0 to 1.")
    difference = DifferenceSerializer()
    too_few = serializers.BooleanField(help_text="Under 30 images: too few to tell.")


class GapChangeSerializer(serializers.Serializer):
    name = serializers.ChoiceField(
        choices=("accuracy", "demographic_parity", "equal_opportunity", "equalised_odds"),
        help_text="accuracy: between the best and the worst subgroup; the others as in a report.",
    )
    with_treatment = serializers.FloatField(
        source="this", allow_null=True, help_text="0 to 1; null: too few images to tell."
    )
    without_treatment = serializers.FloatField(source="other", allow_null=True)


class SubgroupChangeSerializer(serializers.Serializer):
    """The subgroups that a run weighs, with and without that, on the same test images."""

    column = serializers.CharField()
    rows = SubgroupRowSerializer(many=True)
    gaps = GapChangeSerializer(many=True, help_text="Among subgroups of 30 images or more.")


class WithAndWithoutSerializer(serializers.Serializer):
    treatments = serializers.ListField(
        child=serializers.CharField(),
        help_text="class weights, balanced sampling, focal loss, synthetic examples, "
        "self-training: what this run uses of them. Of a run with reweight_by that alone.",
    )
    training_run = serializers.UUIDField(
        source="twin.pk",
        default=None,
        allow_null=True,
        help_text="The run of the same version, preset, settings and seed with these off.",
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

    subgroups = SubgroupChangeSerializer(
        source="comparison.subgroups",
        default=None,
        allow_null=True,
        help_text="Of a run with reweight_by; null otherwise, and as accuracy.",
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
