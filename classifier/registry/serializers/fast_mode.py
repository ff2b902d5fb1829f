"""Fast mode as the API shows it."""

from django.urls import reverse
from rest_framework import serializers

from classifier.engine.runtime.answer import INT8
from classifier.evaluation.serializers.reports import FastCheckSerializer
from classifier.models import FastMode
from classifier.models.fast_mode import FAST_FILE
from classifier.registry.serializers.files import FileFactsSerializer
from common.inputs import InputSerializer
from jobs.models import Status
from jobs.serializers import JobSerializer


class FastModeSerializer(serializers.ModelSerializer):
    status = serializers.ChoiceField(source="job.status", choices=Status.choices, read_only=True)
    job = JobSerializer(read_only=True)
    precision = serializers.ChoiceField(choices=[INT8], read_only=True)
    offered = serializers.BooleanField(
        read_only=True, help_text="Whether the file passed its check and may be switched on."
    )
    enabled = serializers.BooleanField(
        read_only=True, help_text="Whether it answers predictions in place of the served file."
    )
    refusal = serializers.CharField(
        read_only=True, help_text="Why it is not offered, with the figures; else empty."
    )
    measured = FastCheckSerializer(
        source="check_result", read_only=True, allow_null=True, help_text="Null until the job ends."
    )
    file = FileFactsSerializer(read_only=True, allow_null=True)
    download_url = serializers.SerializerMethodField(
        help_text="Null where the file is not offered, and until it is there."
    )

    class Meta:
        model = FastMode
        fields = (
            "model_version",
            "precision",
            "status",
            "job",
            "offered",
            "enabled",
            "refusal",
            "measured",
            "file",
            "download_url",
            "created_at",
        )
        read_only_fields = fields

    def get_download_url(self, row: FastMode) -> str | None:
        if row.file is None:
            return None
        return reverse("api:model-version-file", args=[row.model_version_id, FAST_FILE])


class FastModePatch(InputSerializer):
    enabled = serializers.BooleanField()
