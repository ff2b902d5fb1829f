from rest_framework import serializers

from common.inputs import InputSerializer


class CurvesQuery(InputSerializer):
    class_name = serializers.CharField(
        required=False, help_text="The class with the lowest average precision where none is named."
    )


class CurvePointsSerializer(serializers.Serializer):
    """About a hundred points, from the highest threshold down; each list has one a point."""

    threshold = serializers.ListField(child=serializers.FloatField())
    precision = serializers.ListField(child=serializers.FloatField())
    recall = serializers.ListField(
        child=serializers.FloatField(), help_text="Also the true positive rate."
    )
    false_positive_rate = serializers.ListField(child=serializers.FloatField())
    count = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Images whose probability for the class is at least the threshold.",
    )


class ClassCurvesSerializer(serializers.Serializer):
    """One class against the rest: its precision-recall and its ROC curve."""

    class_name = serializers.CharField(source="figures.class_name")
    support = serializers.IntegerField(source="figures.support")
    roc_auc = serializers.FloatField(source="figures.roc_auc", allow_null=True)
    average_precision = serializers.FloatField(source="figures.average_precision", allow_null=True)
    points = CurvePointsSerializer(
        source="curve", allow_null=True, help_text="Null where it has none; `why` says why."
    )
    why = serializers.CharField(help_text="Why it has no curves; else empty.")
