from rest_framework import serializers

from accounts.fields import VisibleObjectField
from classifier.evaluation.selectors.comparison import PAGE, WHICH
from classifier.models import EvaluationReport
from common.inputs import InputSerializer

GROUPS = (
    "`only_this`: only this report's model is right; `only_other`: only the other's; `both`; "
    "`neither`; `otherwise`: those of neither where the two answer different classes."
)


class ComparisonQuery(InputSerializer):
    against = VisibleObjectField(
        queryset=EvaluationReport.objects.select_related("model_version__model", "dataset_version"),
        help_text="The other report, on the same images.",
    )


class ComparedImagesQuery(ComparisonQuery):
    which = serializers.ChoiceField(choices=WHICH, default=WHICH[0], help_text=GROUPS)
    class_name = serializers.CharField(
        default="", allow_blank=True, help_text="Only images of this class."
    )
    column = serializers.CharField(
        default="", allow_blank=True, help_text="With `value`: only images of this subgroup."
    )
    value = serializers.CharField(default="", allow_blank=True, help_text="As in `slices`.")
    page = serializers.IntegerField(default=1, min_value=1, max_value=1_000_000)
    page_size = serializers.IntegerField(default=PAGE, min_value=1, max_value=500)


class McNemarSerializer(serializers.Serializer):
    statistic = serializers.FloatField(
        help_text="Chi-squared, corrected for continuity (Edwards, 1948); 0 without a difference."
    )
    p_value = serializers.FloatField(
        help_text="Two-sided: how likely so large a difference between only_this and only_other "
        "is where both models are alike."
    )
    method = serializers.ChoiceField(
        choices=("exact", "chi_squared"),
        help_text="The p-value is counted out (binomial) up to 1,000 images that only one gets "
        "right, and read off the statistic beyond.",
    )


class PairedSerializer(serializers.Serializer):
    both = serializers.IntegerField(help_text="Images that both models answer rightly.")
    only_this = serializers.IntegerField()
    only_other = serializers.IntegerField()
    neither = serializers.IntegerField()


class PairedGroupSerializer(PairedSerializer):
    p_value = serializers.FloatField(help_text="Of McNemar's test on this group alone.")
    corrected_p_value = serializers.FloatField(
        source="corrected",
        help_text="The same corrected by Holm's method for how many groups of the kind there are.",
    )
    more_than_chance = serializers.BooleanField(help_text="Whether that is below 0.05.")


class ComparedClassSerializer(PairedGroupSerializer):
    class_name = serializers.CharField(source="name")


class ComparedSliceSerializer(PairedGroupSerializer):
    value = serializers.CharField(source="name", help_text="Empty: images without one.")


class ComparedColumnSerializer(serializers.Serializer):
    column = serializers.CharField()
    values = ComparedSliceSerializer(source="groups", many=True)


class DifferenceSerializer(serializers.Serializer):
    value = serializers.FloatField(help_text="This one less the other, -1 to 1.")
    interval = serializers.ListField(
        child=serializers.FloatField(),
        min_length=2,
        max_length=2,
        help_text="95 %, of answers to the same images.",
    )


class ReportComparisonSerializer(PairedSerializer):
    """Two reports on the same images."""

    evaluation = serializers.UUIDField(source="found.this.pk")
    against = serializers.UUIDField(source="found.other.pk")
    images = serializers.IntegerField(source="found.images")
    both = serializers.IntegerField(source="found.counts.both")
    only_this = serializers.IntegerField(source="found.counts.only_this")
    only_other = serializers.IntegerField(source="found.counts.only_other")
    neither = serializers.IntegerField(source="found.counts.neither")
    otherwise = serializers.IntegerField(
        source="found.numbers.otherwise", help_text="Of neither: answered with different classes."
    )
    mcnemar = McNemarSerializer(source="found.counts")
    accuracy = DifferenceSerializer(source="found.accuracy")
    sentence = serializers.CharField(source="found.sentence", help_text="What the counts say.")
    remarks = serializers.ListField(
        child=serializers.CharField(),
        source="found.remarks",
        help_text="What makes the two unequal, as images that one of them learned from.",
    )
    per_class = ComparedClassSerializer(
        source="found.per_class", many=True, help_text="By true class, of classes with images."
    )
    slices = ComparedColumnSerializer(
        source="found.slices", many=True, help_text="By subgroup, as in the report."
    )


class ComparedAnswerSerializer(serializers.Serializer):
    class_name = serializers.CharField()
    probability = serializers.FloatField()
    correct = serializers.BooleanField()


class ComparedImageSerializer(serializers.Serializer):
    image = serializers.UUIDField(source="sample.image_id")
    name = serializers.CharField(source="sample.name")
    class_name = serializers.CharField(help_text="Its class when the version was frozen.")
    this = ComparedAnswerSerializer()
    other = ComparedAnswerSerializer()


class ComparedImagesSerializer(serializers.Serializer):
    """One page of the images of a comparison."""

    count = serializers.IntegerField(help_text="Images on all pages.")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ComparedImageSerializer(many=True)
