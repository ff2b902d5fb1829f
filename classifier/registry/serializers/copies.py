"""Copies of model versions as the API shows them."""

from rest_framework import serializers

from accounts.fields import ReadableObjectField
from classifier.models import ModelCopy, ModelVersion
from common.inputs import InputSerializer
from jobs.models import Status
from jobs.serializers import JobSerializer

_MAPPING = "What classes are called in the copy, by their names in the source; never two alike."


class ModelCopyInput(InputSerializer):
    version = ReadableObjectField(
        queryset=ModelVersion.objects.select_related("model__organization"),
        help_text="The version to copy, of the caller's or of a model that is shared with them.",
    )
    organization = serializers.SlugField(
        required=False,
        help_text="The slug of one of yours, where you are an editor; your personal one when not "
        "given.",
    )
    name = serializers.CharField(
        max_length=120,
        required=False,
        allow_blank=True,
        help_text="Of the new model; the source's when not given. A number follows one that is "
        "taken.",
    )
    class_mapping = serializers.DictField(
        child=serializers.CharField(max_length=120, allow_blank=True),
        required=False,
        help_text=_MAPPING,
    )


class ModelCopySerializer(serializers.ModelSerializer):
    organization = serializers.SlugField(source="organization.slug", read_only=True)
    job = JobSerializer(read_only=True)
    status = serializers.ChoiceField(source="job.status", choices=Status.choices, read_only=True)
    version: serializers.PrimaryKeyRelatedField = serializers.PrimaryKeyRelatedField(
        read_only=True, allow_null=True, help_text="The new one; null until the job has succeeded."
    )
    class_mapping = serializers.DictField(
        child=serializers.CharField(), read_only=True, help_text=_MAPPING
    )
    created_by = serializers.CharField(
        source="created_by.username", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = ModelCopy
        fields = (
            "id",
            "organization",
            "name",
            "version",
            "source_organization",
            "source_name",
            "source_version",
            "source_number",
            "class_mapping",
            "status",
            "job",
            "created_by",
            "created_at",
        )
        read_only_fields = fields
