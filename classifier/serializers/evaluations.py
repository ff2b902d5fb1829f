from rest_framework import serializers

from classifier.models import EvaluationReport
from classifier.serializers.fields import VisibleObjectField
from datasets.models import DatasetVersion, Split
from jobs.models import Status
from jobs.serializers.job import JobSerializer


class AveragesSerializer(serializers.Serializer):
    precision = serializers.FloatField()
    recall = serializers.FloatField()
    f1 = serializers.FloatField()


class ClassMetricsSerializer(AveragesSerializer):
    class_name = serializers.CharField()
    support = serializers.IntegerField(help_text="Images of the split with this true class.")


class ConfusionMatrixSerializer(serializers.Serializer):
    class_names = serializers.ListField(child=serializers.CharField())
    counts = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="Rows are true classes, columns predicted ones.",
    )


class EvaluationReportSerializer(serializers.ModelSerializer):
    """The numbers are null until the job has succeeded."""

    status = serializers.ChoiceField(source="job.status", choices=Status.choices, read_only=True)
    job = JobSerializer(read_only=True)
    split = serializers.ChoiceField(
        source="split_name", choices=[label for _, label in Split.choices], read_only=True
    )
    accuracy = serializers.FloatField(source="metrics.accuracy", allow_null=True, read_only=True)
    macro = AveragesSerializer(source="metrics.macro", allow_null=True, read_only=True)
    weighted = AveragesSerializer(source="metrics.weighted", allow_null=True, read_only=True)
    per_class = ClassMetricsSerializer(
        source="metrics.per_class", many=True, allow_null=True, read_only=True
    )
    confusion_matrix = ConfusionMatrixSerializer(
        source="metrics.confusion_matrix", allow_null=True, read_only=True
    )
    log_loss = serializers.FloatField(source="metrics.log_loss", allow_null=True, read_only=True)
    top5_accuracy = serializers.FloatField(
        source="metrics.top5_accuracy", allow_null=True, read_only=True
    )
    sample_count = serializers.IntegerField(
        source="metrics.sample_count", allow_null=True, read_only=True
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
            "accuracy",
            "macro",
            "weighted",
            "per_class",
            "confusion_matrix",
            "log_loss",
            "top5_accuracy",
            "sample_count",
            "created_at",
        )
        read_only_fields = fields


class EvaluationInput(serializers.Serializer):
    dataset_version = VisibleObjectField(queryset=DatasetVersion.objects.all())
    split = serializers.ChoiceField(
        choices=[label for _, label in Split.choices], default=Split.TEST.label
    )
