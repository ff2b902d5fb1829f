"""The JSON of runs side by side."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from classifier.fields import interval_field
from classifier.training.selectors.comparison import FIGURES, MOST, ComparedRun
from classifier.training.serializers.presets import FAMILIES
from common.inputs import InputSerializer
from jobs.models import Status


class ComparisonQuery(InputSerializer):
    run = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=MOST,
        help_text=f"The runs, up to {MOST}: repeat the parameter. Archived ones may be named too.",
    )
    dataset_version = serializers.UUIDField(required=False)
    model = serializers.UUIDField(required=False, help_text="The model that their versions joined.")
    experiment = serializers.UUIDField(
        required=False, help_text="The experiment that queued them; its runs are in no other list."
    )


class FiguresSerializer(serializers.Serializer):
    """Null where a figure is not known. Test figures are of the report that the run made."""

    val_accuracy = serializers.FloatField(allow_null=True)
    test_accuracy = serializers.FloatField(allow_null=True)
    macro_f1 = serializers.FloatField(allow_null=True)
    log_loss = serializers.FloatField(allow_null=True)
    parameters = serializers.IntegerField(allow_null=True)
    bytes = serializers.IntegerField(allow_null=True, help_text="Of the served file.")
    predictions_per_second = serializers.FloatField(
        allow_null=True, help_text="Of one core of the worker that trained it, one by one."
    )
    seconds = serializers.FloatField(allow_null=True, help_text="That the training took.")
    epochs = serializers.IntegerField(allow_null=True)
    best_epoch = serializers.IntegerField(allow_null=True)


class ComparedRunSerializer(serializers.Serializer):
    run = serializers.UUIDField(source="run.pk")
    name = serializers.CharField(source="run.name")
    status = serializers.ChoiceField(choices=Status.choices)
    preset = serializers.CharField(source="run.preset")
    family = serializers.ChoiceField(choices=FAMILIES)
    dataset_version = serializers.UUIDField(source="run.dataset_version_id")
    model_version = serializers.UUIDField(source="version_id", allow_null=True)
    evaluation = serializers.SerializerMethodField(
        help_text="The report that the run made on the test split."
    )
    config = serializers.DictField(source="run.config")
    figures = FiguresSerializer()
    val_accuracy_interval = interval_field("95 %, Wilson.", source="run.val_accuracy_interval")
    test_accuracy_interval = serializers.SerializerMethodField()

    def get_evaluation(self, row: ComparedRun) -> UUID | None:
        return row.report.pk if row.report else None

    @extend_schema_field(interval_field("95 %, Wilson."))
    def get_test_accuracy_interval(self, row: ComparedRun) -> Any:
        return FIGURES["test_accuracy"].interval(row)


class ComparisonSerializer(serializers.Serializer):
    left_off = serializers.IntegerField(help_text=f"How many runs there are beyond {MOST}.")
    differing_settings = serializers.ListField(
        child=serializers.CharField(),
        help_text="The settings in which these runs differ, of those that they have in common.",
    )
    results = ComparedRunSerializer(many=True)
