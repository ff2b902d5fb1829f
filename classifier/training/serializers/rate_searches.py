from typing import Any

import msgspec
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.fields import VisibleObjectField
from classifier.models import RateSearch
from classifier.training.serializers.presets import PresetNameField
from common.inputs import InputSerializer
from datasets.models import DatasetVersion
from jobs.models import Status
from jobs.serializers import JobSerializer

_RATES = ("learning_rate", "fine_tune_learning_rate", "all_learning_rate")


class SuggestionSerializer(serializers.Serializer):
    method = serializers.ChoiceField(
        choices=("steepest", "tenth_of_minimum"),
        help_text="`steepest`: where the loss falls fastest; `tenth_of_minimum`: a tenth of the "
        "rate with the lowest loss.",
    )
    learning_rate = serializers.FloatField()


class RatePointSerializer(serializers.Serializer):
    learning_rate = serializers.FloatField()
    loss = serializers.FloatField(help_text="Of one batch, before its step.")
    smoothed = serializers.FloatField(help_text="The loss, averaged with its neighbours.")


class RateSearchSerializer(serializers.ModelSerializer):
    """A search without its points, as lists show it."""

    status = serializers.ChoiceField(source="job.status", choices=Status.choices, read_only=True)
    job = JobSerializer(read_only=True)
    organization: serializers.SlugRelatedField = serializers.SlugRelatedField(
        slug_field="slug", read_only=True
    )
    config = serializers.DictField(read_only=True, help_text="Every setting, also the defaults.")
    setting = serializers.CharField(read_only=True, help_text="The rate that is sought.")
    suggestion = serializers.SerializerMethodField(
        help_text="The rate to take; null until the job has succeeded, and where the curve says "
        "too little."
    )
    other_suggestion = serializers.SerializerMethodField(
        help_text="The rate by the other method; null as `suggestion`."
    )
    verdict = serializers.SerializerMethodField(
        help_text="What the curve says, in a sentence, or why it says too little; null until then."
    )
    diverged_at = serializers.SerializerMethodField(
        help_text="The rate at which the test ended early: the smoothed loss was four times its "
        "lowest and above where it began, or no number. Null where it came to its end."
    )

    class Meta:
        model = RateSearch
        fields: tuple[str, ...] = (
            "id",
            "organization",
            "status",
            "job",
            "dataset_version",
            "preset",
            "config",
            "setting",
            "suggestion",
            "other_suggestion",
            "verdict",
            "diverged_at",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(SuggestionSerializer(allow_null=True))
    def get_suggestion(self, search: RateSearch) -> dict[str, Any] | None:
        return _suggestion(search, 0)

    @extend_schema_field(SuggestionSerializer(allow_null=True))
    def get_other_suggestion(self, search: RateSearch) -> dict[str, Any] | None:
        return _suggestion(search, 1)

    def get_verdict(self, search: RateSearch) -> str | None:
        return search.curve.verdict if search.curve else None

    def get_diverged_at(self, search: RateSearch) -> float | None:
        return search.curve.diverged_at if search.curve else None


class RateSearchDetailSerializer(RateSearchSerializer):
    """A search with its curve."""

    points = serializers.SerializerMethodField(
        help_text="The steps, lowest rate first; empty until the job has succeeded."
    )

    class Meta(RateSearchSerializer.Meta):
        fields = (*RateSearchSerializer.Meta.fields, "points")
        read_only_fields = fields

    @extend_schema_field(RatePointSerializer(many=True))
    def get_points(self, search: RateSearch) -> list[dict[str, Any]]:
        return msgspec.to_builtins(search.curve.points) if search.curve else []


class RateSearchInput(InputSerializer):
    dataset_version = VisibleObjectField(queryset=DatasetVersion.objects.all())
    preset = PresetNameField()
    config = serializers.DictField(
        required=False,
        help_text="The settings of the training, as for `POST training-runs/`.",
    )
    setting = serializers.ChoiceField(
        choices=_RATES,
        default="learning_rate",
        help_text="The rate to seek. The other two need epochs of their stage.",
    )


def _suggestion(search: RateSearch, place: int) -> dict[str, Any] | None:
    found = search.curve.suggestions if search.curve else []
    return msgspec.to_builtins(found[place]) if found else None
