"""Imports as the API shows them."""

from django.urls import reverse
from rest_framework import serializers

from common.codepages import CODE_PAGES
from common.inputs import InputSerializer
from datasets.archive.readings import LAYOUTS
from datasets.models import Duplicates, Import, ImportItem, ImportStatus, Upload
from datasets.models.upload import UploadQuerySet
from datasets.selectors.import_findings import open_since
from datasets.serializers.licences import LicenceInput
from jobs.models import Status
from jobs.serializers import JobSerializer

LAYOUT_CHOICES = list(LAYOUTS.items())


class SplitCountSerializer(serializers.Serializer):
    name = serializers.CharField()
    count = serializers.IntegerField(min_value=0)


class ReadClassSerializer(SplitCountSerializer):
    example = serializers.CharField(help_text="The archive's name of one of its images.")


class ReadingSerializer(serializers.Serializer):
    """One way to read an archive, and what it would make of it."""

    layout = serializers.ChoiceField(choices=LAYOUT_CHOICES)
    title = serializers.CharField()
    note = serializers.CharField(help_text="What is to be known about it; empty for nothing.")
    tool = serializers.CharField(
        default="", help_text="What the archive looks like an export of; empty for nothing known."
    )
    encoding = serializers.CharField(
        allow_null=True, help_text="The code page of names; null where every name says its own."
    )
    images = serializers.IntegerField(min_value=0)
    splits = SplitCountSerializer(many=True)
    classes = ReadClassSerializer(many=True, help_text="The first 100.")
    class_count = serializers.IntegerField(min_value=0)
    unlabelled = serializers.IntegerField(min_value=0)
    examples = serializers.ListField(
        child=serializers.CharField(), help_text="Names; pictures: `imports/{id}/example/?name=`."
    )
    ignored = serializers.IntegerField(min_value=0, help_text="Files that would be left out.")


class ImportSerializer(serializers.ModelSerializer):
    job = JobSerializer(read_only=True)
    status = serializers.ChoiceField(
        choices=[*Status.choices, *ImportStatus.choices],
        read_only=True,
        help_text="The job's; `needs_confirmation` while it waits for `confirm/`.",
    )
    layout = serializers.CharField(
        read_only=True, help_text="How the archive is read; empty until that is known."
    )
    encoding = serializers.CharField(read_only=True)
    readings = ReadingSerializer(
        many=True, read_only=True, help_text="What can be chosen; afterwards what was taken."
    )
    open_findings = serializers.SerializerMethodField()
    quality_url = serializers.SerializerMethodField()

    class Meta:
        model = Import
        fields = (
            "id",
            "dataset",
            "job",
            "status",
            "layout",
            "encoding",
            "class_mapping",
            "readings",
            "conflicts",
            "archive_name",
            "archive_bytes",
            "archive_sha256",
            "duplicates",
            "licence",
            "licence_text",
            "dismissed_at",
            "created_at",
            "open_findings",
            "quality_url",
        )
        read_only_fields = fields

    def get_open_findings(self, source: Import) -> int | None:
        """What the quality report leaves to decide; null: not checked since the import."""
        return open_since(source)

    def get_quality_url(self, source: Import) -> str:
        """The quality report of its dataset."""
        return reverse("api:quality", args=[source.dataset_id])


class OwnUploadField(serializers.PrimaryKeyRelatedField):
    """The id of an upload of the caller's that can still be used."""

    default_error_messages = {
        "does_not_exist": "You have no such upload: it was used already, or its time is over."
    }

    def get_queryset(self) -> UploadQuerySet:
        return Upload.objects.for_user(self.context["request"].user).current()


class ReadingInput(LicenceInput):
    """What may be said about an archive before anybody has asked."""

    duplicates = serializers.ChoiceField(choices=Duplicates.choices, default=Duplicates.SKIP.value)
    layout = serializers.ChoiceField(
        choices=LAYOUT_CHOICES,
        default="",
        allow_blank=True,
        help_text="How the archive is read. Without it the import asks where that is not clear.",
    )
    encoding = serializers.ChoiceField(
        choices=list(CODE_PAGES.items()),
        default="",
        allow_blank=True,
        help_text="The code page of names (and a labels.csv) that are not in UTF-8.",
    )
    ask = serializers.BooleanField(
        default=False,
        help_text="Stop with the readings before anything is written, also where only one is "
        "possible: `confirm/` goes on, with a `class_mapping` if you like.",
    )


class ImportInput(ReadingInput):
    archive = serializers.FileField(
        help_text="A zip: class/file, train|validation|test/class/file, with a labels.csv, or what "
        "another tool exports.",
        allow_empty_file=True,
    )


class UploadedImportInput(ReadingInput):
    """In place of an archive in the body: one that was uploaded before."""

    upload = OwnUploadField(
        queryset=Upload.objects.all(), help_text="A finished upload (`POST uploads/`)."
    )


class ConfirmInput(InputSerializer):
    layout = serializers.ChoiceField(
        choices=LAYOUT_CHOICES, help_text="That of one of the import's readings."
    )
    encoding = serializers.ChoiceField(
        choices=list(CODE_PAGES.items()),
        default="",
        allow_blank=True,
        help_text="Needed where the readings have several.",
    )
    class_mapping = serializers.DictField(
        child=serializers.CharField(allow_null=True),
        default=dict,
        help_text='Other names for classes of the archive: `{"n01440764": "tench"}`. '
        "Two classes with the same one are merged; null leaves a class out.",
    )


class ImportItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = ImportItem
        fields = ("name", "outcome", "code", "detail", "image")
        read_only_fields = fields
