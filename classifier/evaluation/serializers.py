from rest_framework import serializers

from classifier.evaluation.selectors.verdicts import text_of_report
from classifier.fields import VisibleObjectField, interval_field
from classifier.models import EvaluationReport
from common.inputs import InputSerializer
from datasets.models import DatasetVersion, Split
from jobs.models import Status
from jobs.serializers import JobSerializer


class AveragesSerializer(serializers.Serializer):
    precision = serializers.FloatField()
    recall = serializers.FloatField()
    f1 = serializers.FloatField()


class ClassMetricsSerializer(AveragesSerializer):
    class_name = serializers.CharField()
    support = serializers.IntegerField(help_text="Images of the split with this true class.")
    recall_interval = interval_field("The recall's 95 % interval (Wilson); null without images.")


class ConfusionMatrixSerializer(serializers.Serializer):
    class_names = serializers.ListField(child=serializers.CharField())
    counts = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="Rows are true classes, columns predicted ones.",
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


class InstantFiguresSerializer(serializers.Serializer):
    accuracy = serializers.FloatField(help_text="The instant model's, on the same images.")
    learned_from = serializers.IntegerField(help_text="Images of the train split that taught it.")
    embedding = serializers.CharField(help_text="What made the vectors it learned from.")


class EvaluationReportSerializer(serializers.ModelSerializer):
    """The numbers are null until the job has succeeded."""

    status = serializers.ChoiceField(source="job.status", choices=Status.choices, read_only=True)
    job = JobSerializer(read_only=True)
    split = serializers.ChoiceField(
        source="split_name", choices=[label for _, label in Split.choices], read_only=True
    )
    verdict = serializers.SerializerMethodField(
        help_text="What the report says, in words; null until it is measured."
    )
    accuracy = serializers.FloatField(source="figures.accuracy", allow_null=True, read_only=True)
    accuracy_interval = interval_field(
        "Where the accuracy on new images lies, 95 % (Wilson).", source="figures.accuracy_interval"
    )
    macro = AveragesSerializer(source="figures.macro", allow_null=True, read_only=True)
    weighted = AveragesSerializer(source="figures.weighted", allow_null=True, read_only=True)
    per_class = ClassMetricsSerializer(
        source="figures.per_class", many=True, allow_null=True, read_only=True
    )
    confusion_matrix = ConfusionMatrixSerializer(
        source="figures.confusion_matrix", allow_null=True, read_only=True
    )
    slices = SliceMetricsSerializer(
        source="figures.slices",
        many=True,
        allow_null=True,
        read_only=True,
        help_text="By column of the metadata, from the lowest accuracy up.",
    )
    log_loss = serializers.FloatField(source="figures.log_loss", allow_null=True, read_only=True)
    top5_accuracy = serializers.FloatField(
        source="figures.top5_accuracy", allow_null=True, read_only=True
    )
    sample_count = serializers.IntegerField(
        source="figures.sample_count", allow_null=True, read_only=True
    )
    instant_model = InstantFiguresSerializer(
        source="figures.instant",
        allow_null=True,
        read_only=True,
        help_text="What a model fitted in a second reaches: logistic regression on vectors of the "
        "train split. Null where an image of the split has no vector.",
    )
    seen_in_training = serializers.IntegerField(
        source="figures.seen_in_training",
        allow_null=True,
        read_only=True,
        help_text="How many of these images were in the train or validation split of the version "
        "that the model was trained on; null where that is not known.",
    )

    class Meta:
        model = EvaluationReport
        fields = (
            "id",
            "status",
            "job",
            "model_version",
            "dataset_version",
            "split",
            "verdict",
            "accuracy",
            "accuracy_interval",
            "macro",
            "weighted",
            "per_class",
            "confusion_matrix",
            "slices",
            "log_loss",
            "top5_accuracy",
            "sample_count",
            "instant_model",
            "seen_in_training",
            "created_at",
        )
        read_only_fields = fields

    def get_verdict(self, report: EvaluationReport) -> str | None:
        return text_of_report(report)


class EvaluationInput(InputSerializer):
    dataset_version = VisibleObjectField(queryset=DatasetVersion.objects.all())
    split = serializers.ChoiceField(
        choices=[label for _, label in Split.choices], default=Split.TEST.label
    )
