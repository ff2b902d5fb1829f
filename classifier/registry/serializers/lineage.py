"""What a version was made of that no training made."""

from rest_framework import serializers

from classifier.fields import interval_field


class InstantLineageSerializer(serializers.Serializer):
    """The instant model that a version is, as it was when it was registered."""

    dataset = serializers.UUIDField(help_text="Whose labels it learned from.")
    dataset_name = serializers.CharField()
    method = serializers.CharField(help_text="prototypes or logistic_regression.")
    labelled = serializers.IntegerField(help_text="Images that had a class.")
    learned_from = serializers.IntegerField(help_text="How many of them taught it.")
    held_out = serializers.IntegerField(help_text="Labelled images that are kept for tests.")
    accuracy = serializers.FloatField(help_text="Cross-validated in five parts.")
    interval = interval_field("The accuracy's 95 % interval (Wilson).")
    embedding = serializers.CharField(help_text="What made the vectors that it learned from.")


class ImportedLineageSerializer(serializers.Serializer):
    """The file that a version came in."""

    file_name = serializers.CharField(help_text="As the person called it; a label.")
    sha256 = serializers.CharField()
    bytes = serializers.IntegerField()
    keras_version = serializers.CharField(help_text="That saved it; empty where it does not say.")
    scaling = serializers.CharField(help_text="As stated: 0..1, -1..1, 0..255, torch or caffe.")
    formula = serializers.CharField(help_text="The same as a formula of a pixel.")
    channels = serializers.CharField(help_text="The order of the colours: rgb or bgr.")
    size = serializers.IntegerField(help_text="Pixels of a side.")
    answers = serializers.CharField(
        help_text="What the network itself gives: softmax, logits (softmax was added) or sigmoid."
    )
    parameters = serializers.IntegerField()
    layers = serializers.IntegerField()
    steps = serializers.ListField(
        child=serializers.CharField(), help_text="What the network itself does to pixels."
    )
    remarks = serializers.ListField(child=serializers.CharField())


class EnsembleMemberSerializer(serializers.Serializer):
    model_version = serializers.UUIDField(
        allow_null=True, help_text="It may be deleted; null: fitted for the ensemble."
    )
    name = serializers.CharField(help_text="As it was called then.")
    preset = serializers.CharField()
    weight = serializers.FloatField(
        allow_null=True, help_text="0..1, all together 1; null in a stack."
    )


class EnsembleLineageSerializer(serializers.Serializer):
    """The models that a version was made of."""

    method = serializers.CharField(help_text="average, weighted, stacking or bagging.")
    experiment = serializers.UUIDField(help_text="What made it; its result has the figures.")
    members = EnsembleMemberSerializer(many=True)


class StudentLineageSerializer(serializers.Serializer):
    """The version whose answers a student learned, as it was then."""

    teacher = serializers.UUIDField(help_text="It may be deleted.")
    name = serializers.CharField(help_text="As it was called then.")
    sha256 = serializers.CharField(help_text="Of its served file.")


class CopyLineageSerializer(serializers.Serializer):
    """Where a copy came from; it stays when that is gone, or no longer shared."""

    organization = serializers.CharField(source="source_organization")
    name = serializers.CharField(source="source_name")
    version = serializers.IntegerField(source="source_number")
    class_mapping = serializers.DictField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
