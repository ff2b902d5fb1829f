"""Imports as the API shows them."""

from rest_framework import serializers

from datasets.models import Duplicates, Import, ImportItem
from jobs.serializers import JobSerializer


class ImportSerializer(serializers.ModelSerializer):
    job = JobSerializer(read_only=True)

    class Meta:
        model = Import
        fields = (
            "id",
            "dataset",
            "job",
            "archive_name",
            "archive_bytes",
            "archive_sha256",
            "duplicates",
            "created_at",
        )
        read_only_fields = fields


class ImportInput(serializers.Serializer):
    archive = serializers.FileField(
        help_text="A zip: class/file, train|validation|test/class/file, or with a labels.csv.",
        allow_empty_file=True,
    )
    duplicates = serializers.ChoiceField(choices=Duplicates.choices, default=Duplicates.SKIP.value)


class ImportItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = ImportItem
        fields = ("name", "outcome", "code", "detail", "image")
        read_only_fields = fields
