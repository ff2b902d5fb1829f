"""Selections for review as the API shows them."""

from rest_framework import serializers

from accounts.fields import VisibleObjectField
from classifier.models import ReviewKind, ReviewSelection
from common.inputs import InputSerializer
from datasets.models import Dataset
from jobs.models import Status
from jobs.serializers import JobSerializer


class SelectionInput(InputSerializer):
    dataset = VisibleObjectField(queryset=Dataset.objects.alive().select_related("organization"))
    kind = serializers.ChoiceField(
        choices=ReviewKind.choices,
        help_text="`unlabelled`: images without a class. `label_errors`: those whose class the "
        "last quality check doubts.",
    )


class ReviewSelectionSerializer(serializers.ModelSerializer):
    organization = serializers.SlugField(source="organization.slug", read_only=True)
    job = JobSerializer(read_only=True)
    status = serializers.ChoiceField(source="job.status", choices=Status.choices, read_only=True)
    counts = serializers.DictField(
        child=serializers.IntegerField(),
        read_only=True,
        help_text="What became of what was chosen, once the job has succeeded: `queued`; `known`, "
        "in the queue already; `full`, left out because the queue holds 100,000 open items; "
        "`without_answer`, queued with nothing suggested.",
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
            "status",
            "job",
            "counts",
            "ranked",
            "vectors",
            "created_by",
            "created_at",
        )
        read_only_fields = fields
