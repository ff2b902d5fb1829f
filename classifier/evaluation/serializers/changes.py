from rest_framework import serializers

from classifier.evaluation.selectors.changes import KINDS, PAGE
from classifier.fields import VisibleObjectField
from classifier.models import EvaluationReport
from common.inputs import InputSerializer


class ChangesQuery(InputSerializer):
    against = VisibleObjectField(
        queryset=EvaluationReport.objects.select_related("model_version", "dataset_version"),
        help_text="The earlier report, of another model version on the same images.",
    )
    change = serializers.ChoiceField(
        choices=KINDS,
        default=KINDS[0],
        help_text="`fixed`: it became right; `broken`: it became wrong; `other`: it was wrong and "
        "is wrong otherwise.",
    )
    page = serializers.IntegerField(
        default=1, min_value=1, max_value=1_000_000, help_text=f"{PAGE} images each."
    )


class ChangeCountsSerializer(serializers.Serializer):
    fixed = serializers.IntegerField()
    broken = serializers.IntegerField()
    other = serializers.IntegerField()


class AnswerSerializer(serializers.Serializer):
    class_name = serializers.CharField()
    probability = serializers.FloatField()


class ChangedAnswerSerializer(serializers.Serializer):
    image = serializers.UUIDField(source="sample.image_id")
    name = serializers.CharField(source="sample.name")
    class_name = serializers.CharField(help_text="Its class when the version was frozen.")
    before = AnswerSerializer()
    after = AnswerSerializer()


class ChangesSerializer(serializers.Serializer):
    """Which answers differ from those of another report on the same images."""

    evaluation = serializers.UUIDField(source="found.after.pk")
    against = serializers.UUIDField(source="found.before.pk")
    images = serializers.IntegerField(source="found.images")
    counts = ChangeCountsSerializer(source="found.counts")
    p_value = serializers.FloatField(
        source="found.p_value",
        help_text="McNemar's test, two-sided: how likely so large a difference between fixed and "
        "broken is where both models are alike.",
    )
    change = serializers.CharField()
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()
    results = ChangedAnswerSerializer(many=True)
