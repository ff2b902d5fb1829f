"""What the API takes to start a batch of predictions."""

from typing import Any

from rest_framework import serializers

from accounts.fields import ReadableObjectField, VisibleObjectField
from accounts.querysets import TenantQuerySet
from classifier.batches.services.requirements import MOST_NAMED
from classifier.models import RegisteredModel
from classifier.models.alias import CHAMPION
from classifier.prediction.services.answers import MAX_TOP_K
from common.codepages import CODE_PAGES
from common.inputs import InputSerializer
from datasets.models import Dataset, DatasetVersion, FindingKind, Split, SplitName, Upload
from datasets.selectors.gallery import MAX_METADATA, Filters

SPLITS = [split.label for split in Split]


class _OwnUploadField(VisibleObjectField):
    default_error_messages = {
        "does_not_exist": "You have no such upload: it was used already, or its time is over."
    }

    def get_queryset(self) -> TenantQuerySet:
        return super().get_queryset().current()  # type: ignore[attr-defined]


class BatchFilterInput(InputSerializer):
    """Which images of a dataset: as `GET datasets/{id}/images/` filters them; all must hold."""

    class_name = serializers.CharField(required=False, trim_whitespace=False)
    suggested_class = serializers.CharField(required=False, trim_whitespace=False)
    annotated = serializers.BooleanField(
        required=False, help_text="false: only images without a class."
    )
    split = serializers.ChoiceField(choices=SplitName.choices, required=False)
    q = serializers.CharField(required=False, help_text="Part of the name.")
    excluded = serializers.BooleanField(required=False, help_text="true: only those left out.")
    issue = serializers.ChoiceField(choices=FindingKind.choices, required=False)
    labelled_by = serializers.CharField(required=False, help_text="A username.")
    came_with_class = serializers.BooleanField(required=False)
    metadata = serializers.DictField(
        child=serializers.CharField(),
        required=False,
        help_text=f"Column and value; up to {MAX_METADATA}.",
    )

    def validate_metadata(self, value: dict[str, str]) -> dict[str, str]:
        if len(value) > MAX_METADATA:
            raise serializers.ValidationError(
                f"{MAX_METADATA} columns of metadata may be asked for; received {len(value)}."
            )
        return value

    def validate_excluded(self, value: bool) -> bool:
        if not value:
            raise serializers.ValidationError(
                "Only true is understood: images that are left out of versions, and no others. "
                "Leave it away for all images."
            )
        return value


def filters_of(values: dict[str, Any] | None) -> Filters:
    """Return the filters that a body asks for."""
    values = dict(values or {})
    metadata = tuple(sorted(values.pop("metadata", {}).items()))
    return Filters(**values, metadata=metadata)


class _VersionInput(InputSerializer):
    model = ReadableObjectField(
        queryset=RegisteredModel.objects.all(), help_text="Any model that you may ask."
    )
    version = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="A version's number."
    )
    alias = serializers.SlugField(
        required=False, max_length=40, help_text=f"Instead of `version`; by default {CHAMPION}."
    )
    top_k = serializers.IntegerField(default=5, min_value=1, max_value=MAX_TOP_K)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "version" in attrs and "alias" in attrs:
            raise serializers.ValidationError(
                {"alias": "Name a version or an alias, not both."}, code="both_given"
            )
        return attrs


class _ArchiveInput(_VersionInput):
    encoding = serializers.ChoiceField(
        choices=list(CODE_PAGES.items()),
        default="",
        allow_blank=True,
        help_text="The code page of names in a zip that are not in UTF-8. Without it the likeliest "
        "is taken, and `selection` says which.",
    )


class ArchiveBatchInput(_ArchiveInput):
    archive = serializers.FileField(
        help_text="A zip of images. Its folders are no classes; names in the results have them.",
        allow_empty_file=True,
    )


class BatchInput(_ArchiveInput):
    """One of `dataset_version`, `dataset` and `upload` says which images."""

    dataset_version = ReadableObjectField(queryset=DatasetVersion.objects.all(), required=False)
    split = serializers.ChoiceField(
        choices=SPLITS, required=False, help_text="Of the dataset version; all without it."
    )
    dataset = ReadableObjectField(queryset=Dataset.objects.all(), required=False)
    filter = BatchFilterInput(required=False)
    images = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        min_length=1,
        max_length=MOST_NAMED,
        help_text="These images of the dataset alone, in place of `filter`.",
    )
    upload = _OwnUploadField(
        queryset=Upload.objects.all(),
        required=False,
        help_text="A finished upload (`POST uploads/`) of a zip.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        named = [name for name in ("dataset_version", "dataset", "upload") if name in attrs]
        if len(named) != 1:
            raise serializers.ValidationError(
                {
                    "dataset_version": "Name one of dataset_version, dataset and upload, or send "
                    f"an archive as multipart; received {' and '.join(named) or 'none of them'}."
                },
                code="one_source",
            )
        for name, needs in (
            ("split", "dataset_version"),
            ("filter", "dataset"),
            ("images", "dataset"),
        ):
            if name in attrs and needs not in attrs:
                raise serializers.ValidationError(
                    {name: f"This is understood with `{needs}` alone."}, code="not_understood"
                )
        return attrs
