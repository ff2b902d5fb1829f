"""The request and the answer of `models/{id}/predict/`."""

import base64
import binascii

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from classifier.models.alias import CHAMPION
from classifier.services.predict import MAX_IMAGES, MAX_TOP_K, NamedImage
from common.inputs import InputSerializer


@extend_schema_field({"type": "string", "format": "byte"})
class Base64ImageField(serializers.Field):
    """An image file as base64 text, also as a `data:` URL."""

    default_error_messages = {"invalid": "This must be an image file as base64 text."}

    def to_internal_value(self, data: object) -> bytes:
        if not isinstance(data, str):
            self.fail("invalid")
        text = data.partition(",")[2] if data.startswith("data:") else data
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            self.fail("invalid")


class _Options(InputSerializer):
    version = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="A version's number."
    )
    alias = serializers.SlugField(
        required=False, max_length=40, help_text=f"Instead of `version`; by default {CHAMPION}."
    )
    top_k = serializers.IntegerField(default=5, min_value=1, max_value=MAX_TOP_K)

    def validate(self, attrs: dict) -> dict:
        if "version" in attrs and "alias" in attrs:
            raise serializers.ValidationError(
                {"alias": "Name a version or an alias, not both."}, code="both_given"
            )
        return attrs


class MultipartPredictInput(_Options):
    images = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True), min_length=1, max_length=MAX_IMAGES
    )

    def named_images(self) -> list[NamedImage]:
        """Return the files with the names that the client gave them."""
        files = self.validated_data["images"]
        return [NamedImage(file.name or f"image-{n}", file.read()) for n, file in enumerate(files)]


class JSONPredictInput(_Options):
    images = serializers.ListField(child=Base64ImageField(), min_length=1, max_length=MAX_IMAGES)

    def named_images(self) -> list[NamedImage]:
        """Return the images, named by their place in the list from 0."""
        files = self.validated_data["images"]
        return [NamedImage(f"image-{n}", content) for n, content in enumerate(files)]


class ClassProbabilitySerializer(serializers.Serializer):
    class_name = serializers.CharField()
    probability = serializers.FloatField(min_value=0, max_value=1)


class PredictionEntrySerializer(serializers.Serializer):
    """Status 200: `id`, `classes`, `decision`. Status 422: `code`, `detail`."""

    id = serializers.UUIDField(required=False)
    name = serializers.CharField()
    status = serializers.IntegerField(help_text="200 or 422.")
    classes = ClassProbabilitySerializer(many=True, required=False)
    decision = serializers.ChoiceField(
        choices=["accept", "review", "unknown"],
        allow_null=True,
        required=False,
        help_text="Null until the version has thresholds.",
    )
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)


class TimingSerializer(serializers.Serializer):
    queue_ms = serializers.FloatField()
    decode_ms = serializers.FloatField()
    inference_ms = serializers.FloatField()


class PredictAnswerSerializer(serializers.Serializer):
    model = serializers.UUIDField()
    version = serializers.IntegerField()
    predictions = PredictionEntrySerializer(many=True)
    timing = TimingSerializer()
