"""Exports of model versions as the API shows them."""

from django.urls import reverse
from rest_framework import serializers

from classifier.models import ModelExport
from classifier.registry.selectors.exports import FILES
from classifier.registry.serializers.files import FileFactsSerializer
from common.inputs import InputSerializer
from jobs.models import Status
from jobs.serializers import JobSerializer


class ExportInput(InputSerializer):
    format = serializers.ChoiceField(choices=list(FILES))


class ModelExportSerializer(serializers.ModelSerializer):
    status = serializers.ChoiceField(source="job.status", choices=Status.choices, read_only=True)
    job = JobSerializer(read_only=True)
    file = FileFactsSerializer(
        read_only=True, allow_null=True, help_text="Null until the job has succeeded."
    )
    parity = serializers.DictField(
        read_only=True,
        allow_null=True,
        help_text="How far the file's probabilities are from the served file's.",
    )
    download_url = serializers.SerializerMethodField(help_text="Null until the file is there.")

    class Meta:
        model = ModelExport
        fields = (
            "id",
            "model_version",
            "format",
            "status",
            "job",
            "file",
            "parity",
            "download_url",
            "created_at",
        )
        read_only_fields = fields

    def get_download_url(self, export: ModelExport) -> str | None:
        if export.file is None:
            return None
        names = [export.model_version_id, export.file["name"]]
        return reverse("api:model-version-file", args=names)
