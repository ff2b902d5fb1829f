"""Datasets as the API shows them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from datasets.models import Dataset
from datasets.selectors.datasets import contents
from datasets.serializers.classes import ClassSerializer
from datasets.serializers.licences import LicenceInput

_INSTANT_MODEL = "Whether Loupe fits an instant model on the labels, and suggests classes."


class CopiedFromSerializer(serializers.Serializer):
    """By a copy that was made of it, and stays when that is gone."""

    organization = serializers.CharField(source="source_organization")
    name = serializers.CharField(source="source_name")
    version = serializers.IntegerField(source="source_number", allow_null=True)
    class_mapping = serializers.DictField(child=serializers.CharField(allow_blank=True))
    created_at = serializers.DateTimeField()


class DatasetSerializer(serializers.ModelSerializer):
    """A list passes `contents` ({dataset id: Contents}) in its context; one reads its own."""

    organization = serializers.SlugField(source="organization.slug", read_only=True)
    shared = serializers.BooleanField(
        source="is_shared",
        read_only=True,
        help_text="Whether it is another organization's, which shares it with the caller to read.",
    )
    copied_from = serializers.SerializerMethodField()
    image_count = serializers.SerializerMethodField()
    classes = serializers.SerializerMethodField()

    class Meta:
        model = Dataset
        fields = (
            "id",
            "name",
            "description",
            "organization",
            "shared",
            "copied_from",
            "image_count",
            "classes",
            "instant_model",
            "licence",
            "licence_text",
            "created_at",
        )
        read_only_fields = fields

    def to_representation(self, dataset: Dataset) -> dict[str, Any]:
        known = self.context.get("contents", {})
        self._contents = known.get(dataset.pk) or contents(dataset)
        return super().to_representation(dataset)

    @extend_schema_field(CopiedFromSerializer(allow_null=True))
    def get_copied_from(self, dataset: Dataset) -> dict[str, Any] | None:
        """What it was copied from, as it was called then; null: it was not, or it is shared."""
        copy = None if dataset.is_shared else getattr(dataset, "copied_from", None)
        return None if copy is None else CopiedFromSerializer(copy).data

    def get_image_count(self, dataset: Dataset) -> int:
        """How many images, without the trash."""
        return self._contents.image_count

    @extend_schema_field(ClassSerializer(many=True))
    def get_classes(self, dataset: Dataset) -> Any:
        """The classes in their order."""
        return ClassSerializer(self._contents.classes, many=True).data


class DatasetInput(LicenceInput):
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(
        max_length=4000, required=False, default="", allow_blank=True
    )
    instant_model = serializers.BooleanField(required=False, default=True, help_text=_INSTANT_MODEL)
    organization = serializers.SlugField(
        required=False, help_text="The slug of one of yours; your personal one when not given."
    )


class DatasetPatch(LicenceInput):
    name = serializers.CharField(max_length=120, required=False)
    description = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    instant_model = serializers.BooleanField(
        required=False,
        help_text=f"{_INSTANT_MODEL} false deletes what is suggested; true has one fitted at once.",
    )
