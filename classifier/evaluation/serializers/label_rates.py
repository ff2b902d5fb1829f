from rest_framework import serializers

STANDINGS = ("too_few", "more", "less", "similar")


class LabelRateSerializer(serializers.Serializer):
    class_name = serializers.CharField()
    count = serializers.IntegerField()
    share = serializers.FloatField(help_text="Of the subgroup's images.")
    elsewhere = serializers.FloatField(
        help_text="The class's share of the images of the column's other subgroups."
    )
    standing = serializers.ChoiceField(
        choices=STANDINGS,
        help_text="Against the images of the column's other subgroups: whether the share's 95 % "
        "interval (Wilson) lies wholly above or below their share.",
    )


class SubgroupLabelsSerializer(serializers.Serializer):
    value = serializers.CharField(help_text="Empty: images without a value.")
    images = serializers.IntegerField()
    classes = LabelRateSerializer(many=True)


class ColumnLabelsSerializer(serializers.Serializer):
    column = serializers.CharField(
        help_text="Of the metadata, or a fact of the images: reweight_by takes its name."
    )
    is_fact = serializers.BooleanField(help_text="A fact of the images, no metadata.")
    subgroups = SubgroupLabelsSerializer(many=True)


class VersionLabelRatesSerializer(serializers.Serializer):
    """Images by subgroup and class, all splits together."""

    dataset_version = serializers.UUIDField()
    columns = ColumnLabelsSerializer(many=True)
