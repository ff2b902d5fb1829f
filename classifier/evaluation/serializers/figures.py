"""The parts of a report, each as `classifier.engine.measure` holds it."""

from typing import Any, get_args

from rest_framework import serializers

from classifier.engine.measure.intervals import Method
from classifier.fields import interval_field

JUDGEMENTS = ("too_few", "lower", "higher", "similar")
METHODS = get_args(Method)


class AveragesSerializer(serializers.Serializer):
    precision = serializers.FloatField()
    recall = serializers.FloatField()
    f1 = serializers.FloatField()


class ClassMetricsSerializer(AveragesSerializer):
    class_name = serializers.CharField()
    support = serializers.IntegerField(help_text="Images of the split with this true class.")
    recall_interval = interval_field("The recall's 95 % interval (Wilson); null without images.")
    roc_auc = serializers.FloatField(
        allow_null=True,
        help_text="Of the class against the rest; null where no image has it, or all have.",
    )
    average_precision = serializers.FloatField(allow_null=True, help_text="As roc_auc.")


class CountsField(serializers.ListField):
    """A table of integers; a thousand classes have a million, so none is looked at alone."""

    def to_representation(self, data: Any) -> Any:
        """Return the rows as they are."""
        return data


class ConfusionMatrixSerializer(serializers.Serializer):
    class_names = serializers.ListField(child=serializers.CharField())
    counts = CountsField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="Rows are true classes, columns predicted ones.",
    )
    cells = CountsField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="The same counts without the zeros: [true, predicted, count], by class index.",
    )


class SliceMetricsSerializer(serializers.Serializer):
    column = serializers.CharField(help_text="A column of the images' metadata.")
    value = serializers.CharField(
        help_text="Its value, or a range of numbers; empty: images without one."
    )
    support = serializers.IntegerField(help_text="Images of the split with this value.")
    accuracy = serializers.FloatField()
    interval = serializers.ListField(
        child=serializers.FloatField(),
        min_length=2,
        max_length=2,
        help_text="The accuracy's 95 % interval (Wilson).",
    )
    gap = serializers.FloatField(help_text="The accuracy less that of all images.")
    below = serializers.BooleanField(
        help_text="Whether the whole interval is below the accuracy of all images."
    )
    macro_f1 = serializers.FloatField(help_text="Over the classes that it has images of.")
    too_few = serializers.BooleanField(help_text="Fewer than 30 images: too few to tell.")
    judgement = serializers.ChoiceField(
        choices=JUDGEMENTS, help_text="What the figures allow to say, against all images."
    )


class GapSerializer(serializers.Serializer):
    value = serializers.FloatField(help_text="0..1: the widest distance, of any class.")
    class_name = serializers.CharField(help_text="The class that it is found at.")
    low = serializers.CharField(help_text="The subgroup with the least; empty: without a value.")
    high = serializers.CharField(help_text="The subgroup with the most.")


class ColumnGapsSerializer(serializers.Serializer):
    column = serializers.CharField()
    demographic_parity = GapSerializer(
        allow_null=True,
        help_text="Between the shares of images that are given the class. All three are null where "
        "fewer than two subgroups have 30 images.",
    )
    equal_opportunity = GapSerializer(
        allow_null=True, help_text="Between the shares of the class's images that are found."
    )
    equalised_odds = GapSerializer(
        allow_null=True,
        help_text="The wider of equal_opportunity and the same of images wrongly given the class.",
    )
    left_out = serializers.ListField(
        child=serializers.CharField(), help_text="Subgroups of fewer than 30 images."
    )


class EstimateSerializer(serializers.Serializer):
    low = serializers.FloatField()
    high = serializers.FloatField()
    method = serializers.ChoiceField(choices=METHODS, help_text="How the interval was made.")


class TopKSerializer(serializers.Serializer):
    k = serializers.IntegerField()
    accuracy = serializers.FloatField()


class CostSerializer(serializers.Serializer):
    milliseconds_per_image = serializers.FloatField(
        help_text="Of one core of the machine that measured, pixels in memory."
    )
    bytes = serializers.IntegerField(help_text="The served file.")
    parameters = serializers.IntegerField(allow_null=True, help_text="Null where not known.")


class CalibrationBinSerializer(serializers.Serializer):
    low = serializers.FloatField()
    high = serializers.FloatField()
    count = serializers.IntegerField(help_text="Answers whose probability is in this range.")
    confidence = serializers.FloatField(allow_null=True, help_text="Their mean probability.")
    accuracy = serializers.FloatField(allow_null=True, help_text="The share of right ones.")


class ScaledSerializer(serializers.Serializer):
    ece = serializers.FloatField()
    log_loss = serializers.FloatField()
    bins = CalibrationBinSerializer(many=True)


class CalibrationSerializer(serializers.Serializer):
    ece = serializers.FloatField(help_text="Expected calibration error, fifteen bins.")
    bins = CalibrationBinSerializer(many=True)
    temperature = serializers.FloatField(
        allow_null=True,
        help_text="What divides the logits, fitted on validation images and kept with the version; "
        "null without any. Answers are not scaled.",
    )
    fitted_on = serializers.IntegerField(help_text="Validation images.")
    scaled = ScaledSerializer(
        allow_null=True, help_text="What the temperature would make of these answers."
    )


class InstantFiguresSerializer(serializers.Serializer):
    accuracy = serializers.FloatField(help_text="The instant model's, on the same images.")
    learned_from = serializers.IntegerField(help_text="Images of the train split that taught it.")
    embedding = serializers.CharField(help_text="What made the vectors it learned from.")
