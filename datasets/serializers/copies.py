"""Copies of datasets as the API shows them."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from accounts.fields import ReadableObjectField
from common.inputs import InputSerializer
from datasets.models import Dataset, DatasetCopy, DatasetVersion
from datasets.models.class_label import ClassLabel
from datasets.selectors.copying import MOST_IMAGES
from jobs.models import Status
from jobs.serializers import JobSerializer

_NAME: Any = ClassLabel._meta.get_field("name").max_length
MAPPING_HELP = (
    "What classes are called in the copy, by the names of the source: two of one name are merged, "
    "an empty one is left out, and a class that is not named stays what it is."
)


class _CopyInput(InputSerializer):
    organization = serializers.SlugField(
        required=False,
        help_text="The slug of one of yours, where you are an editor; your personal one when not "
        "given.",
    )
    name = serializers.CharField(
        max_length=120,
        required=False,
        allow_blank=True,
        help_text="Of the new dataset; the source's when not given.",
    )
    class_mapping = serializers.DictField(
        child=serializers.CharField(max_length=_NAME, allow_blank=True),
        required=False,
        help_text=MAPPING_HELP,
    )


class VersionCopyInput(_CopyInput):
    version = ReadableObjectField(
        queryset=DatasetVersion.objects.filter(dataset__deleted_at=None).select_related(
            "dataset__organization"
        ),
        help_text="The dataset version to copy, each image with the split that it has there.",
    )


class WholeCopyInput(_CopyInput):
    dataset = ReadableObjectField(
        queryset=Dataset.objects.alive().select_related("organization"),
        help_text="The dataset to copy as it is now, without its trash.",
    )


def copy_input(data: Any) -> type[_CopyInput]:
    """Return what reads a body: of a dataset where it names one, else of a version."""
    named = isinstance(data, Mapping) and "dataset" in data and "version" not in data
    return WholeCopyInput if named else VersionCopyInput


class ClassCopiedSerializer(serializers.Serializer):
    class_name = serializers.CharField(help_text="In the source; empty: images without a class.")
    target = serializers.CharField(help_text="In the copy; empty: left out, or without a class.")
    images = serializers.IntegerField(help_text="How many images come.")
    twins = serializers.IntegerField(
        help_text="How many do not, because their content comes by a class merged with this one."
    )


class CopyPlanSerializer(serializers.Serializer):
    images = serializers.IntegerField(help_text=f"Up to {MOST_IMAGES:,}.")
    bytes = serializers.IntegerField(help_text="What counts for the organization's quota.")
    classes = ClassCopiedSerializer(many=True)


class CopyCountsSerializer(serializers.Serializer):
    images = serializers.IntegerField()
    classes = serializers.IntegerField()
    bytes = serializers.IntegerField()


class DatasetCopySerializer(serializers.ModelSerializer):
    organization = serializers.SlugField(source="organization.slug", read_only=True)
    job = JobSerializer(read_only=True)
    status = serializers.ChoiceField(source="job.status", choices=Status.choices, read_only=True)
    dataset: serializers.PrimaryKeyRelatedField = serializers.PrimaryKeyRelatedField(
        read_only=True, allow_null=True, help_text="The new one; null until the job has succeeded."
    )
    source_organization = serializers.CharField(
        read_only=True, help_text="What it was called then, as the other names of the source."
    )
    class_mapping = serializers.DictField(
        child=serializers.CharField(allow_blank=True), read_only=True, help_text=MAPPING_HELP
    )
    counts = CopyCountsSerializer(read_only=True, allow_null=True)
    created_by = serializers.CharField(
        source="created_by.username", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = DatasetCopy
        fields = (
            "id",
            "organization",
            "name",
            "dataset",
            "source_organization",
            "source_name",
            "source_dataset",
            "source_version",
            "source_number",
            "class_mapping",
            "counts",
            "status",
            "job",
            "created_by",
            "created_at",
        )
        read_only_fields = fields
