"""Images and annotations as the API shows them."""

import uuid
from functools import cached_property
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import empty

from common.inputs import InputSerializer
from datasets.archive.labels_csv import (
    MAX_COLUMN_CHARACTERS,
    MAX_METADATA_COLUMNS,
    MAX_VALUE_CHARACTERS,
    REQUIRED,
)
from datasets.models import Image, SplitName
from datasets.selectors.suggestions import Suggestion, Suggestions, suggestions_of


class ImageSerializer(serializers.ModelSerializer):
    class_name = serializers.CharField(
        source="class_label.name", default=None, read_only=True, allow_null=True
    )
    labelled_by = serializers.CharField(
        source="labelled_by.username",
        default=None,
        read_only=True,
        allow_null=True,
        help_text="Who gave it its class, or took it away, last; null: it came so.",
    )
    split = serializers.SerializerMethodField()
    excluded = serializers.SerializerMethodField()
    thumbnail_url = serializers.SerializerMethodField()
    file_url = serializers.SerializerMethodField()
    metadata = serializers.DictField(read_only=True)
    suggested_class = serializers.SerializerMethodField()
    suggested_probability = serializers.SerializerMethodField()

    class Meta:
        model = Image
        fields = (
            "id",
            "name",
            "class_name",
            "suggested_class",
            "suggested_probability",
            "split",
            "width",
            "height",
            "format",
            "bytes",
            "sha256",
            "thumbnail_url",
            "file_url",
            "metadata",
            "excluded",
            "labelled_by",
            "labelled_at",
            "created_at",
            "deleted_at",
        )
        read_only_fields = fields

    def get_suggested_class(self, image: Image) -> str | None:
        """What the instant model takes it for, while it has no class; null: nothing yet."""
        found = self._suggestion(image)
        return found.class_name if found else None

    def get_suggested_probability(self, image: Image) -> float | None:
        """How probable the suggested class is, 0 to 1; null without one."""
        found = self._suggestion(image)
        return found.probability if found else None

    def _suggestion(self, image: Image) -> Suggestion | None:
        """Return what is suggested for an image; what there is of a dataset is read once."""
        if image.class_label_id is not None:
            return None
        if image.dataset_id not in self._read:
            self._read[image.dataset_id] = suggestions_of(image.dataset_id)
        found = self._read[image.dataset_id]
        return found.of(image.pk) if found else None

    @cached_property
    def _read(self) -> dict[uuid.UUID, Suggestions | None]:
        """What is suggested in the datasets of the images shown so far."""
        return {}

    def get_split(self, image: Image) -> str | None:
        """train, validation or test as the archive said; null when it did not."""
        return image.split or None

    def get_excluded(self, image: Image) -> bool:
        """Whether it stays out of new versions."""
        return image.excluded_at is not None

    def get_thumbnail_url(self, image: Image) -> str:
        """A WebP of up to 256 pixels a side."""
        return reverse("api:image-thumbnail", args=[image.pk])

    def get_file_url(self, image: Image) -> str:
        """The file itself, without metadata."""
        return reverse("api:image-file", args=[image.pk])


class SharedImageSerializer(ImageSerializer):
    """An image as readers of a shared dataset see it: without who labelled it, and what Loupe
    suggests to its owners."""

    PRIVATE = ("suggested_class", "suggested_probability", "labelled_by", "labelled_at")

    def to_representation(self, image: Image) -> dict[str, Any]:
        """Return the same fields, null where they are the owner's."""
        hidden: dict[str, Any] = dict.fromkeys(self.PRIVATE)
        return {**super().to_representation(image), **hidden, "deleted_at": None}

    def _suggestion(self, image: Image) -> Suggestion | None:
        return None


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": MAX_METADATA_COLUMNS,
        "additionalProperties": {"type": "string", "maxLength": MAX_VALUE_CHARACTERS},
        "description": f"Names of columns have 1 to {MAX_COLUMN_CHARACTERS} printable characters.",
    }
)
class MetadataField(serializers.DictField):
    """Columns and their values, with the bounds that a labels.csv has."""

    default_error_messages = {
        "too_many": f"An image may have {MAX_METADATA_COLUMNS} columns; received {{received}}.",
        "bad_column": (
            f"A column has a name of 1 to {MAX_COLUMN_CHARACTERS} printable characters, without "
            "spaces around it; "
            "received {received!r}."
        ),
        "own_column": "A labels.csv has a column {received!r} of its own; choose another name.",
    }

    def to_internal_value(self, data: Any) -> dict[str, str]:
        columns = super().to_internal_value(data)
        if len(columns) > MAX_METADATA_COLUMNS:
            self.fail("too_many", received=len(columns))
        for name in columns:
            # As a table reads them: without spaces around. Others would not survive a download.
            sound = name and name == name.strip() and name.isprintable()
            if not (sound and len(name) <= MAX_COLUMN_CHARACTERS):
                self.fail("bad_column", received=name[:MAX_COLUMN_CHARACTERS])
            if name.casefold() in (*REQUIRED, "split"):
                self.fail("own_column", received=name)
        return columns


class ClassNameField(serializers.CharField):
    """The name of a class, empty for none; one of spaces alone is a slip, not the wish for none."""

    default_error_messages = {
        "only_spaces": "A class needs a name; received only spaces. Send an empty one for no class."
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=120, allow_blank=True, **options)

    def run_validation(self, data: Any = empty) -> Any:
        """Return the name; raises `ValidationError`."""
        if isinstance(data, str) and data and not data.strip():
            self.fail("only_spaces")
        return super().run_validation(data)


class ImagePatch(InputSerializer):
    class_name = ClassNameField(required=False, allow_null=True)
    split = serializers.ChoiceField(choices=SplitName.choices, required=False, allow_blank=True)
    excluded = serializers.BooleanField(
        required=False, help_text="Leave the image out of new versions."
    )
    metadata = MetadataField(
        child=serializers.CharField(max_length=MAX_VALUE_CHARACTERS, allow_blank=True),
        required=False,
        help_text="All columns: those that it does not name are taken away.",
    )
    expected_class_name = serializers.CharField(
        max_length=120,
        required=False,
        allow_blank=True,
        help_text="The class you saw; 409 when someone has changed it since.",
    )


class UploadInput(InputSerializer):
    images = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True), min_length=1, max_length=64
    )
    class_name = ClassNameField(required=False, default="")


class UploadedSerializer(serializers.Serializer):
    name = serializers.CharField()
    status = serializers.ChoiceField(
        choices=[201, 200, 422], help_text="201 added, 200 already there, 422 rejected"
    )
    id = serializers.UUIDField(required=False)
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)


class UploadAnswer(serializers.Serializer):
    results = UploadedSerializer(many=True)


class AnnotationInput(InputSerializer):
    image = serializers.UUIDField()
    class_name = ClassNameField(
        allow_null=True,
        help_text="A new class is made; empty or null takes the class away.",
    )
    expected_class_name = serializers.CharField(
        max_length=120,
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="The class you saw (empty or null: none); 409 naming the images that someone has "
        "given another one since, and nothing is changed.",
    )


class AnnotationsInput(InputSerializer):
    annotations = serializers.ListField(child=AnnotationInput(), min_length=1, max_length=10_000)

    def validate_annotations(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """An image has one class: of two wishes the last would win, and the places would shift."""
        seen: set[Any] = set()
        repeated: dict[str, list[ErrorDetail]] = {}
        for number, one in enumerate(value):
            if one["image"] in seen:
                repeated[str(number)] = [ErrorDetail("This image is named above.", code="repeated")]
            seen.add(one["image"])
        if repeated:
            raise serializers.ValidationError(repeated)
        return value


class AnnotationsAnswer(serializers.Serializer):
    updated = serializers.IntegerField(help_text="How many images have another class now.")
