"""Selections for review as the API shows them."""

from typing import Any

from rest_framework import serializers

from accounts.fields import ReadableObjectField, VisibleObjectField
from classifier.fields import NumberField
from classifier.models import BatchPrediction, RegisteredModel, ReviewKind, ReviewSelection
from common.inputs import InputSerializer
from datasets.models import Dataset
from jobs.models import Status
from jobs.serializers import JobSerializer

# What each kind is of.
WANTED = {
    ReviewKind.UNLABELLED: "dataset",
    ReviewKind.LABEL_ERRORS: "dataset",
    ReviewKind.PREDICTIONS: "model",
    ReviewKind.BATCH: "batch",
}


class SelectionInput(InputSerializer):
    kind = serializers.ChoiceField(
        choices=ReviewKind.choices,
        help_text="Of a `dataset`, `unlabelled`: images without a class, or `label_errors`: those "
        "whose class the last quality check doubts. `predictions`: the doubtful ones that are kept "
        "of a `model`. `batch`: the doubtful answers of a `batch`.",
    )
    dataset = VisibleObjectField(
        queryset=Dataset.objects.alive().select_related("organization"),
        required=False,
        allow_null=True,
    )
    model = ReadableObjectField(
        queryset=RegisteredModel.objects.select_related("organization"),
        required=False,
        allow_null=True,
    )
    batch = VisibleObjectField(
        queryset=BatchPrediction.objects.select_related("job", "organization", "model_version"),
        required=False,
        allow_null=True,
    )
    organization = serializers.SlugField(
        required=False,
        help_text="Whose predictions of the model: the slug of one of yours; the model's own when "
        "not given, and your personal one where the model is not of an organization of yours.",
    )
    confidence = NumberField(
        required=False,
        allow_null=True,
        help_text="0 to 1. An answer is doubtful by its decision (review, unknown). Where there "
        "was none, it is when its most probable class is below this; left out, those are left out.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What it is of, and nothing else."""
        wanted = WANTED[attrs["kind"]]
        for name in ("dataset", "model", "batch"):
            if (attrs.get(name) is not None) != (name == wanted):
                detail = f"{attrs['kind']} is of a {wanted}: name it, and no other."
                raise serializers.ValidationError({name: [detail]}, code="not_understood")
        if wanted == "dataset" and attrs.get("confidence") is not None:
            detail = "Answers have a confidence; images of a dataset are chosen without."
            raise serializers.ValidationError({"confidence": [detail]}, code="not_understood")
        if wanted != "model" and attrs.get("organization"):
            detail = f"A {wanted} has an organization of its own: leave it out."
            raise serializers.ValidationError({"organization": [detail]}, code="not_understood")
        confidence = attrs.get("confidence")
        if confidence is not None and not 0 < confidence <= 1:
            detail = f"A confidence is above 0 and at most 1; received {confidence:g}."
            raise serializers.ValidationError({"confidence": [detail]})
        return attrs


class ReviewSelectionSerializer(serializers.ModelSerializer):
    organization = serializers.SlugField(source="organization.slug", read_only=True)
    job = JobSerializer(read_only=True)
    status = serializers.ChoiceField(source="job.status", choices=Status.choices, read_only=True)
    counts = serializers.DictField(
        child=serializers.IntegerField(),
        read_only=True,
        help_text="What became of what was chosen, once the job has succeeded: `queued`; `known`, "
        "in the queue already; `full`, left out because the queue holds 100,000 open items; "
        "`gone`, left out because the image was deleted, or its time was over, before the job "
        "ended; `without_answer`, queued with nothing suggested; `several`, left out because they "
        "are about several images of one thing; `undecided`, left out because they have no "
        "decision and no confidence was given.",
    )
    ranked = serializers.IntegerField(
        read_only=True, help_text="Open items with a place in the order of diversity, up to 1,000."
    )
    vectors = serializers.CharField(
        read_only=True, help_text="What that order was told from; empty where nothing has vectors."
    )
    created_by = serializers.CharField(
        source="created_by.username", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = ReviewSelection
        fields = (
            "id",
            "organization",
            "kind",
            "dataset",
            "model",
            "batch",
            "confidence",
            "status",
            "job",
            "counts",
            "ranked",
            "vectors",
            "created_by",
            "created_at",
        )
        read_only_fields = fields
