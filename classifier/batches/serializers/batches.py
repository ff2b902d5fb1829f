"""Batch predictions as the API shows and takes them."""

from typing import Any

from rest_framework import serializers

from accounts.fields import ReadableObjectField, VisibleObjectField
from accounts.querysets import TenantQuerySet
from classifier.batches.selectors.batches import mix_of, rate_of
from classifier.batches.selectors.results import OUTCOMES
from classifier.batches.services.start_batch import MOST_NAMED
from classifier.models import BatchAddition, BatchPrediction, BatchSource, RegisteredModel
from classifier.models.alias import CHAMPION
from classifier.prediction.services.answers import MAX_TOP_K
from common.codepages import CODE_PAGES
from common.inputs import InputSerializer
from datasets.models import Dataset, DatasetVersion, FindingKind, Split, SplitName, Upload
from datasets.selectors.gallery import MAX_METADATA, Filters
from jobs.models import Status
from jobs.serializers import JobSerializer

SPLITS = [split.label for split in Split]
DECISIONS = ("accept", "review", "unknown")


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


class ClassShareSerializer(serializers.Serializer):
    class_name = serializers.CharField()
    images = serializers.IntegerField(min_value=0)


class DecisionCountsSerializer(serializers.Serializer):
    accept = serializers.IntegerField(min_value=0)
    review = serializers.IntegerField(min_value=0)
    unknown = serializers.IntegerField(min_value=0)


class BatchPredictionSerializer(serializers.ModelSerializer):
    job = JobSerializer(read_only=True)
    status = serializers.ChoiceField(choices=Status.choices, read_only=True)
    model = serializers.UUIDField(source="model_version.model_id", read_only=True)
    version = serializers.IntegerField(source="model_version.number", read_only=True)
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=BatchSource.choices, read_only=True
    )
    selection = serializers.DictField(
        read_only=True, help_text="What was asked for: `filter`, `split`, the count of `images`."
    )
    skipped_count = serializers.IntegerField(
        read_only=True, help_text="Files that an operating system had left in the archive."
    )
    forgotten_count = serializers.IntegerField(
        read_only=True, help_text="Images that were forgotten since, with their results."
    )
    has_decision = serializers.SerializerMethodField(
        help_text="Whether the version had a decision when the batch began, which then decides."
    )
    images_per_second = serializers.SerializerMethodField(
        help_text="Over the last attempt of the job; null until the batch has ended."
    )

    class Meta:
        model = BatchPrediction
        fields = (
            "id",
            "organization",
            "job",
            "status",
            "model",
            "version",
            "model_version",
            "source",
            "source_name",
            "dataset",
            "dataset_version",
            "selection",
            "image_count",
            "skipped_count",
            "forgotten_count",
            "has_decision",
            "top_k",
            "images_per_second",
            "kept_bytes",
            "expires_at",
            "created_at",
        )
        read_only_fields = fields

    def get_has_decision(self, batch: BatchPrediction) -> bool:
        return batch.rule is not None

    def get_images_per_second(self, batch: BatchPrediction) -> float | None:
        return rate_of(batch)


class BatchDetailSerializer(BatchPredictionSerializer):
    answered = serializers.SerializerMethodField(help_text="Images with an answer so far.")
    unreadable = serializers.SerializerMethodField(
        help_text="Files that could not be read, so far."
    )
    decisions = serializers.SerializerMethodField(
        help_text="Null where the version had no decision."
    )
    classes = serializers.SerializerMethodField(
        help_text="How many images were answered as which class, most frequent first."
    )

    class Meta(BatchPredictionSerializer.Meta):
        fields: tuple[str, ...] = (  # type: ignore[assignment]
            *BatchPredictionSerializer.Meta.fields,
            "answered",
            "unreadable",
            "decisions",
            "classes",
        )
        read_only_fields = fields  # type: ignore[assignment]

    def to_representation(self, instance: BatchPrediction) -> dict[str, Any]:
        self._mix = mix_of(instance)
        return super().to_representation(instance)

    def get_answered(self, batch: BatchPrediction) -> int:
        return self._mix.answered

    def get_unreadable(self, batch: BatchPrediction) -> int:
        return self._mix.errors

    def get_decisions(self, batch: BatchPrediction) -> dict[str, int] | None:
        if batch.rule is None:
            return None
        return {name: self._mix.decisions.get(name, 0) for name in DECISIONS}

    def get_classes(self, batch: BatchPrediction) -> list[dict[str, Any]]:
        return [each._asdict() for each in self._mix.classes]


class BatchClassSerializer(serializers.Serializer):
    class_name = serializers.CharField()
    probability = serializers.FloatField(min_value=0, max_value=1)


class BatchResultSerializer(serializers.Serializer):
    """Status 200: `classes`, `decision`. Status 422: `code`, `detail`."""

    index = serializers.IntegerField(help_text="The image's place in the batch, from 0.")
    name = serializers.CharField()
    image = serializers.UUIDField(
        allow_null=True, help_text="Of the dataset; null for a file of an archive, or once gone."
    )
    sha256 = serializers.CharField(allow_null=True)
    status = serializers.IntegerField(help_text="200 or 422.")
    classes = BatchClassSerializer(many=True, required=False)
    decision = serializers.ChoiceField(choices=DECISIONS, allow_null=True, required=False)
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)


class ResultsQuery(InputSerializer):
    class_name = serializers.CharField(
        required=False, trim_whitespace=False, help_text="Only images answered as this class."
    )
    decision = serializers.ChoiceField(choices=DECISIONS, required=False)
    outcome = serializers.ChoiceField(
        choices=OUTCOMES, required=False, help_text="error: only files that could not be read."
    )
    least_probability = serializers.FloatField(
        required=False, min_value=0, max_value=1, help_text="Of the first class."
    )
    below_probability = serializers.FloatField(
        required=False, min_value=0, max_value=1, help_text="The first class is less probable."
    )


class AdditionInput(InputSerializer):
    dataset = VisibleObjectField(
        queryset=Dataset.objects.all(), help_text="A dataset of the batch's organization."
    )
    least_probability = serializers.FloatField(
        required=False,
        min_value=0,
        max_value=1,
        help_text="What the first class must have at least, whatever was decided. Without it, "
        "answers whose decision is accept; needed where the batch has no decision.",
    )


class TakenOverSerializer(serializers.Serializer):
    labelled = serializers.IntegerField(help_text="Were there without a class, and got theirs.")
    added = serializers.IntegerField(help_text="Came into the dataset with their class.")
    labelled_before = serializers.IntegerField(help_text="Had a class, which stays.")
    copies = serializers.IntegerField(help_text="Have the content of another of the answers.")
    gone = serializers.IntegerField(help_text="The image is no longer there.")


class BatchAdditionSerializer(serializers.ModelSerializer):
    status = serializers.ChoiceField(source="job.status", choices=Status.choices, read_only=True)
    job = JobSerializer(read_only=True)
    counts = TakenOverSerializer(
        read_only=True, allow_null=True, help_text="Null until the job has succeeded."
    )

    class Meta:
        model = BatchAddition
        fields = (
            "id",
            "batch",
            "dataset",
            "dataset_name",
            "least_probability",
            "status",
            "job",
            "counts",
            "created_at",
        )
        read_only_fields = fields
