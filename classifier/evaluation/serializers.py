from rest_framework import serializers

from classifier.evaluation.selectors.changes import KINDS, PAGE
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
        source="model_version.fast_mode",
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
            "sample_count",
            "instant_model",
            "fast_mode",
            "seen_in_training",
            "created_at",
        )
        read_only_fields = fields

    def get_verdict(self, report: EvaluationReport) -> str | None:
        return text_of_report(report)


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


class EvaluationInput(InputSerializer):
    dataset_version = VisibleObjectField(queryset=DatasetVersion.objects.all())
    split = serializers.ChoiceField(
        choices=[label for _, label in Split.choices], default=Split.TEST.label
    )
