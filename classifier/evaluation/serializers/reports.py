from typing import Any, get_args

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.fields import ReadableObjectField
from classifier.engine.measure.class_mapping import OtherClasses
from classifier.evaluation.selectors.robustness import robustness_of
from classifier.evaluation.selectors.verdicts import text_of_report
from classifier.evaluation.serializers.figures import (
    AveragesSerializer,
    CalibrationSerializer,
    ClassMetricsSerializer,
    ColumnGapsSerializer,
    ConfusionMatrixSerializer,
    CostSerializer,
    EstimateSerializer,
    InstantFiguresSerializer,
    SliceMetricsSerializer,
    TopKSerializer,
)
from classifier.evaluation.serializers.robustness import WorsenedSerializer
from classifier.fields import interval_field
from classifier.models import EvaluationReport
from common.inputs import InputSerializer
from datasets.models import DatasetVersion, Split
from jobs.models import Status
from jobs.serializers import JobSerializer

OTHER_CLASSES = get_args(OtherClasses)
OTHER_CLASSES_HELP = (
    "What an answer of a class counts as that no class of the version was taken for: `wrong`, or "
    "`left_out`: the model chooses among the version's classes alone."
)


@extend_schema_field(
    {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
)
class ClassesField(serializers.ListField):
    """Names of classes; one alone may come without the list."""

    child = serializers.CharField()

    def to_internal_value(self, data: Any) -> Any:
        """Return the names."""
        return super().to_internal_value([data] if isinstance(data, str) else data)


class FastCheckSerializer(serializers.Serializer):
    images = serializers.IntegerField(help_text="Images of the test split; both files answered.")
    flipped = serializers.IntegerField(help_text="How many of them get another class.")
    flipped_share = serializers.FloatField()
    flipped_interval = interval_field("Where that share lies on new images, 95 % (Wilson).")
    largest_difference = serializers.FloatField(help_text="Of a probability.")
    float32_ms = serializers.FloatField(help_text="Of one core of the worker, for one image.")
    fast_ms = serializers.FloatField()
    float32_bytes = serializers.IntegerField()
    fast_bytes = serializers.IntegerField()
    convolutions = serializers.IntegerField()
    left_float = serializers.IntegerField(help_text="Convolutions that stay float32.")
    calibrated_on = serializers.IntegerField(help_text="Images of the train split.")


class ReportFastModeSerializer(serializers.Serializer):
    """A faster file of the version beside the served one, which all other figures are of."""

    precision = serializers.CharField()
    offered = serializers.BooleanField(help_text="Whether the file passed its check.")
    enabled = serializers.BooleanField(help_text="Whether it answers predictions now.")
    refusal = serializers.CharField(help_text="Why it is not offered; else empty.")
    dataset_version = serializers.UUIDField(
        source="model_version.dataset_version_id",
        help_text="Whose test images both files were asked about: the one that the model learned "
        "from.",
    )
    measured = FastCheckSerializer(
        source="check_result", allow_null=True, help_text="Null until it is checked."
    )


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
    top_k = TopKSerializer(
        source="figures.top_k",
        many=True,
        allow_null=True,
        read_only=True,
        help_text="For 2, 3 and 5 where there are more classes than that.",
    )
    balanced_accuracy = serializers.FloatField(
        source="figures.balanced_accuracy",
        allow_null=True,
        read_only=True,
        help_text="The mean recall of the classes that the split has images of.",
    )
    roc_auc = serializers.FloatField(
        source="figures.roc_auc",
        allow_null=True,
        read_only=True,
        help_text="Each class against the rest, the mean over the classes that have a curve.",
    )
    roc_auc_undefined = serializers.ListField(
        child=serializers.CharField(),
        source="figures.roc_auc_undefined",
        allow_null=True,
        read_only=True,
        help_text="The classes that have none: no image has them, or all have.",
    )
    kappa = serializers.FloatField(
        source="figures.kappa",
        allow_null=True,
        read_only=True,
        help_text="Cohen's; null where all images are of one class and are given it.",
    )
    intervals = serializers.DictField(
        child=EstimateSerializer(),
        source="figures.intervals",
        allow_null=True,
        read_only=True,
        help_text="95 % intervals by the figure's name, and how each was made; empty in reports "
        "from before them.",
    )
    calibration = CalibrationSerializer(
        source="figures.calibration", allow_null=True, read_only=True
    )
    cost = CostSerializer(source="figures.cost", allow_null=True, read_only=True)
    gaps = ColumnGapsSerializer(
        source="figures.gaps",
        many=True,
        allow_null=True,
        read_only=True,
        help_text="How differently subgroups are treated, by column of `slices`.",
    )
    robustness = serializers.SerializerMethodField(
        help_text="Accuracy on worse images, of the newest check that was measured "
        "(`evaluations/{id}/robustness/`); null until one was asked for."
    )
    class_mapping = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        read_only=True,
        help_text="Classes of the dataset version and the classes of the model that each was taken "
        "for, as asked; none: the model has no such class, and its images count as mistakes.",
    )
    other_classes = serializers.ChoiceField(
        choices=OTHER_CLASSES, read_only=True, help_text=OTHER_CLASSES_HELP
    )
    absent_classes = serializers.ListField(
        child=serializers.CharField(),
        source="figures.absent",
        allow_null=True,
        read_only=True,
        help_text="Classes that the model knows and no image of the split has.",
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
    fast_mode = ReportFastModeSerializer(
        allow_null=True,
        read_only=True,
        help_text="The version's int8 file; null where no one has asked for it.",
    )
    seen_in_training = serializers.IntegerField(
        source="figures.seen_in_training",
        allow_null=True,
        read_only=True,
        help_text="How many of these images were in the train or validation split of the version "
        "that the model was trained on, or joined it by self-training; null where that is not "
        "known.",
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
            "top_k",
            "balanced_accuracy",
            "roc_auc",
            "roc_auc_undefined",
            "kappa",
            "intervals",
            "calibration",
            "gaps",
            "cost",
            "robustness",
            "class_mapping",
            "other_classes",
            "absent_classes",
            "sample_count",
            "instant_model",
            "fast_mode",
            "seen_in_training",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(WorsenedSerializer(many=True, allow_null=True))
    def get_robustness(self, report: EvaluationReport) -> Any:
        found = robustness_of(report).figures
        return None if found is None else WorsenedSerializer(found.rows, many=True).data

    def get_verdict(self, report: EvaluationReport) -> str | None:
        return text_of_report(report)


class EvaluationInput(InputSerializer):
    dataset_version = ReadableObjectField(queryset=DatasetVersion.objects.all())
    split = serializers.ChoiceField(
        choices=[label for _, label in Split.choices], default=Split.TEST.label
    )
    class_mapping = serializers.DictField(
        child=ClassesField(),
        required=False,
        help_text="By name, which class of the model a class of the dataset version is, where they "
        "are called otherwise: one name or a list of several; `[]` for a class that the model has "
        "none for.",
    )
    other_classes = serializers.ChoiceField(
        choices=OTHER_CLASSES, default=OTHER_CLASSES[0], help_text=OTHER_CLASSES_HELP
    )
