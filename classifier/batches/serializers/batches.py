"""Batch predictions as the API shows them."""

from typing import Any

from rest_framework import serializers

from classifier.batches.selectors.batches import mix_of, rate_of
from classifier.batches.selectors.results import DECISIONS
from classifier.models import BatchPrediction, BatchSource
from jobs.models import Status
from jobs.serializers import JobSerializer


class ClassShareSerializer(serializers.Serializer):
    class_name = serializers.CharField()
    images = serializers.IntegerField(min_value=0)


class DecisionCountsSerializer(serializers.Serializer):
    accept = serializers.IntegerField(min_value=0)
    review = serializers.IntegerField(min_value=0)
    unknown = serializers.IntegerField(min_value=0)


class BatchPredictionSerializer(serializers.ModelSerializer):
    job = JobSerializer(read_only=True)
    status = serializers.ChoiceField(choices=Status.choices, read_only=True)
    model = serializers.UUIDField(source="model_version.model_id", read_only=True)
    version = serializers.IntegerField(source="model_version.number", read_only=True)
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=BatchSource.choices, read_only=True
    )
    selection = serializers.DictField(
        read_only=True, help_text="What was asked for: `filter`, `split`, the count of `images`."
    )
    skipped_count = serializers.IntegerField(
        read_only=True, help_text="Files that an operating system had left in the archive."
    )
    forgotten_count = serializers.IntegerField(
        read_only=True, help_text="Images that were forgotten since, with their results."
    )
    has_decision = serializers.SerializerMethodField(
        help_text="Whether the version had a decision when the batch began, which then decides."
    )
    images_per_second = serializers.SerializerMethodField(
        help_text="Over the last attempt of the job; null until the batch has ended."
    )

    class Meta:
        model = BatchPrediction
        fields = (
            "id",
            "organization",
            "job",
            "status",
            "model",
            "version",
            "model_version",
            "source",
            "source_name",
            "dataset",
            "dataset_version",
            "selection",
            "image_count",
            "skipped_count",
            "forgotten_count",
            "has_decision",
            "top_k",
            "images_per_second",
            "kept_bytes",
            "expires_at",
            "created_at",
        )
        read_only_fields = fields

    def get_has_decision(self, batch: BatchPrediction) -> bool:
        return batch.rule is not None

    def get_images_per_second(self, batch: BatchPrediction) -> float | None:
        return rate_of(batch)


class BatchDetailSerializer(BatchPredictionSerializer):
    answered = serializers.SerializerMethodField(help_text="Images with an answer so far.")
    unreadable = serializers.SerializerMethodField(
        help_text="Files that could not be read, so far."
    )
    decisions = serializers.SerializerMethodField(
        help_text="Null where the version had no decision."
    )
    classes = serializers.SerializerMethodField(
        help_text="How many images were answered as which class, most frequent first."
    )

    class Meta(BatchPredictionSerializer.Meta):
        fields: tuple[str, ...] = (  # type: ignore[assignment]
            *BatchPredictionSerializer.Meta.fields,
            "answered",
            "unreadable",
            "decisions",
            "classes",
        )
        read_only_fields = fields  # type: ignore[assignment]

    def to_representation(self, instance: BatchPrediction) -> dict[str, Any]:
        self._mix = mix_of(instance)
        return super().to_representation(instance)

    def get_answered(self, batch: BatchPrediction) -> int:
        return self._mix.answered

    def get_unreadable(self, batch: BatchPrediction) -> int:
        return self._mix.errors

    def get_decisions(self, batch: BatchPrediction) -> dict[str, int] | None:
        if batch.rule is None:
            return None
        return {name: self._mix.decisions.get(name, 0) for name in DECISIONS}

    def get_classes(self, batch: BatchPrediction) -> list[dict[str, Any]]:
        return [each._asdict() for each in self._mix.classes]
