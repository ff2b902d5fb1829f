"""Exports of model versions as the API shows them."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from classifier.engine.formats.exports import NAMES
from classifier.models import ModelExport
from classifier.registry.serializers.files import FileFactsSerializer
from common.inputs import InputSerializer
from jobs.models import Status
from jobs.serializers import JobSerializer


class ExportInput(InputSerializer):
    format = serializers.ChoiceField(choices=list(NAMES))
    again = serializers.BooleanField(
        default=False,
        help_text="true: also one that is there. Its file stays until the new one takes its place.",
    )


class DownloadQuery(InputSerializer):
    confirmed = serializers.BooleanField(
        default=False,
        help_text="true: also a file that does not answer as the served one does (its export's "
        "`parity.passed` is false).",
    )


class ToleranceSerializer(serializers.Serializer):
    difference = serializers.FloatField(
        allow_null=True, help_text="Of a probability; null where only answers count."
    )
    flipped_share = serializers.FloatField(
        allow_null=True, help_text="0 to 1, of the images; null where only probabilities count."
    )


class ExportParitySerializer(serializers.Serializer):
    images = serializers.IntegerField(help_text="So many were asked about.")
    split = serializers.CharField(
        help_text="`test`, or where the version's own dataset version has no test images, "
        "`validation` or `train`; of a version without one, the split of its newest report."
    )
    accuracy = serializers.FloatField(allow_null=True, help_text="Of the exported file, 0 to 1.")
    accuracy_change = serializers.FloatField(
        allow_null=True, help_text="Against the served file: -0.01 is a point less."
    )
    flipped = serializers.IntegerField(
        allow_null=True, help_text="Images that get another class than from the served file."
    )
    largest_difference = serializers.FloatField(help_text="Of a probability.")
    bytes = serializers.IntegerField()
    latency_ms = serializers.FloatField(
        allow_null=True,
        help_text="From one image to its answer, by the clock, on the worker that measured.",
    )
    compressed_bytes = serializers.IntegerField(allow_null=True, help_text="Its size in a zip.")
    calibrated_on = serializers.IntegerField(
        help_text="Train images that gave the ranges of int8 numbers; 0 for other formats."
    )
    sparsity = serializers.FloatField(
        help_text="The share of weights that `onnx_pruned` left out, 0 to 1; 0 for other formats."
    )
    seen_in_training = serializers.IntegerField(
        allow_null=True,
        help_text="So many of the images did the model learn from; null where that is not known.",
    )
    tolerance = ToleranceSerializer()
    passed = serializers.BooleanField(
        help_text="Whether it answers as the served file does; if not, a download must say "
        "`?confirmed=true`."
    )
    refusal = serializers.CharField(help_text="What is past the tolerance; empty where it passed.")


class ModelExportSerializer(serializers.ModelSerializer):
    status = serializers.ChoiceField(source="job.status", choices=Status.choices, read_only=True)
    job = JobSerializer(read_only=True)
    file = FileFactsSerializer(
        read_only=True,
        allow_null=True,
        help_text="Null until a job has succeeded; while it is made again, that of before.",
    )
    parity = serializers.SerializerMethodField(
        help_text="The file, run in a process of its own, beside the served file; null until the "
        "job has succeeded. Null figures were not measured when this file was made.",
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

    @extend_schema_field(ExportParitySerializer(allow_null=True))
    def get_parity(self, export: ModelExport) -> dict[str, Any] | None:
        found = export.check_result
        if found is None or export.file is None:
            return None
        data: dict[str, Any] = ExportParitySerializer(
            {
                **{name: getattr(found, name) for name in _OF_PARITY},
                "tolerance": found.tolerance._asdict(),
                "bytes": export.file["bytes"],
            }
        ).data
        return data

    def get_download_url(self, export: ModelExport) -> str | None:
        if export.file is None:
            return None
        names = [export.model_version_id, export.file["name"]]
        return reverse("api:model-version-file", args=names)


_OF_PARITY = tuple(
    str(name) for name in ExportParitySerializer().fields if name not in ("bytes", "tolerance")
)
