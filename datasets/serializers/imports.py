"""Imports as the API shows them."""

from rest_framework import serializers

from common.inputs import InputSerializer
from datasets.models import Duplicates, Import, ImportItem, Upload
from datasets.models.upload import UploadQuerySet
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


class OwnUploadField(serializers.PrimaryKeyRelatedField):
    """The id of an upload of the caller's that can still be used."""

    default_error_messages = {
        "does_not_exist": "You have no such upload: it was used already, or its time is over."
    }

    def get_queryset(self) -> UploadQuerySet:
        return Upload.objects.for_user(self.context["request"].user).current()


class ImportInput(InputSerializer):
    archive = serializers.FileField(
        help_text="A zip: class/file, train|validation|test/class/file, or with a labels.csv.",
        allow_empty_file=True,
    )
    duplicates = serializers.ChoiceField(choices=Duplicates.choices, default=Duplicates.SKIP.value)


class UploadedImportInput(InputSerializer):
    """In place of an archive in the body: one that was uploaded before."""

    upload = OwnUploadField(
        queryset=Upload.objects.all(), help_text="A finished upload (`POST uploads/`)."
    )
    duplicates = serializers.ChoiceField(choices=Duplicates.choices, default=Duplicates.SKIP.value)


class ImportItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = ImportItem
        fields = ("name", "outcome", "code", "detail", "image")
        read_only_fields = fields
