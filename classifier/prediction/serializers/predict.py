"""The request and the answer of `models/{id}/predict/`."""

import base64
import binascii
import re
from typing import NoReturn

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.fields import VisibleObjectField
from classifier.engine.explain.methods import METHODS
from classifier.engine.measure.related import ALIKE, MISTAKEN
from classifier.engine.runtime.answer import FLOAT32, INT8
from classifier.fields import NumberField, interval_field
from classifier.models import ModelVersion
from classifier.models.alias import CHAMPION
from classifier.prediction.services.answers import MAX_IMAGES, MAX_TOP_K, NamedImage
from common.inputs import InputSerializer

# Twelve characters around the fault are enough to find it.
_AROUND = 6
_SPACE = re.compile(r"[ \t\r\n]+")
_OUTSIDE = re.compile(r"[^A-Za-z0-9+/]")
_URL_SAFE = str.maketrans("-_", "+/")
_DATA_URL = re.compile(r"data:[^,]{0,200};base64,", re.IGNORECASE)


@extend_schema_field({"type": "string", "format": "byte"})
class Base64ImageField(serializers.Field):
    """An image file as base64 text (RFC 4648), in either alphabet, also as a `data:` URL.

    Line breaks (MIME's encoders write them) and missing padding do no harm.
    """

    default_error_messages = {
        "not_text": "This must be an image file as base64 text.",
        "not_base64_url": "A data: URL must say ;base64, before the image.",
        "mixed": "This base64 text mixes the alphabets with +/ and with -_: "
        "character {place} is {found!r}.",
        "bad_character": "Character {place} of this base64 text is {found!r}, near {near!r}.",
        "bad_length": "This base64 text is cut off: "
        "{count} characters are no whole number of bytes.",
    }

    def to_internal_value(self, data: object) -> bytes:
        if not isinstance(data, str):
            self.fail("not_text")
        start = 0
        if data[:5].lower() == "data:":
            if not (prefix := _DATA_URL.match(data)):
                self.fail("not_base64_url")
            start = prefix.end()
        text = data[start:]
        if any(space in text for space in " \t\r\n"):
            text = _SPACE.sub("", text)
        text = text.rstrip("=")
        if ("-" in text or "_" in text) and not ("+" in text or "/" in text):
            text = text.translate(_URL_SAFE)
        try:
            # Many times faster than to look for a fault first.
            return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except (binascii.Error, ValueError):
            self._say_where(data, start, text)

    def _say_where(self, data: str, start: int, text: str) -> NoReturn:
        """Raise the field's error with the place of the fault, counted from 1 in what was sent."""
        if fault := _OUTSIDE.search(text):
            found = fault[0]
            place = data.index(found, start)
            near = data[max(start, place - _AROUND) : place + _AROUND]
            self.fail(
                "mixed" if found in "-_" else "bad_character",
                place=place + 1,
                found=found,
                near=near,
            )
        self.fail("bad_length", count=len(text))


class _Options(InputSerializer):
    version = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="A version's number."
    )
    alias = serializers.SlugField(
        required=False, max_length=40, help_text=f"Instead of `version`; by default {CHAMPION}."
    )
    top_k = serializers.IntegerField(default=5, min_value=1, max_value=MAX_TOP_K)
    coverage = NumberField(
        required=False,
        min_value=0.5,
        max_value=0.999,
        help_text="Adds an `answer_set` to each prediction, which holds the true class with this "
        "chance. It takes a decision of the version (409 `no_decision`).",
    )
    evidence = serializers.BooleanField(
        default=False,
        help_text="Adds `distance` and `neighbours`. It takes a decision of the version (409 "
        "`no_decision`) and a file that gives vectors (409 `no_vectors`).",
    )
    explain = serializers.BooleanField(
        default=False,
        help_text="Adds a `heat_map` to each prediction: what speaks for its most probable class. "
        "The answer then takes three to sixty times as long, and never comes from fast mode.",
    )

    combine = serializers.BooleanField(
        default=False,
        help_text="Takes all images as one thing: one entry, one prediction. Each image counts.",
    )

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


class ClassNoteSerializer(serializers.Serializer):
    description = serializers.CharField()
    link = serializers.CharField(help_text="An http or https address, or empty.")


class _ExplanationWish(InputSerializer):
    class_name = serializers.CharField(
        default="",
        max_length=200,
        trim_whitespace=False,
        help_text="By default the most probable class, or the one that was answered.",
    )
    method = serializers.ChoiceField(
        choices=METHODS, required=False, help_text="By default the best that the version can do."
    )
    overlay = serializers.BooleanField(
        default=True,
        help_text="false: the heat alone, in the image's proportions, transparent where it is "
        "cold, to be laid over the image.",
    )


class ExplanationQuery(_ExplanationWish):
    model_version = VisibleObjectField(
        queryset=ModelVersion.objects.all(), help_text="Any version that you may use."
    )


class KeptExplanationQuery(_ExplanationWish):
    place = serializers.IntegerField(
        default=0,
        min_value=0,
        max_value=MAX_IMAGES - 1,
        help_text="Which of the images of one thing, from 0.",
    )


class AnswerExplanationInput(_ExplanationWish):
    image = serializers.FileField(
        allow_empty_file=True, help_text="The file that was answered, byte for byte."
    )


class AnsweredClassSerializer(serializers.Serializer):
    class_name = serializers.CharField()
    probability = serializers.FloatField(min_value=0, max_value=1)
    precision = serializers.FloatField(
        min_value=0,
        max_value=1,
        allow_null=True,
        help_text="Of the images of the version's own test split that were answered so, the share "
        "that was right: one image at a time, whatever the decision. Null where not measured.",
    )
    precision_images = serializers.IntegerField(
        allow_null=True, help_text="How many images that was counted on."
    )
    precision_interval = interval_field("Its 95 % interval (Wilson's); null where not measured.")
    note = ClassNoteSerializer(
        required=False, help_text="What the class's note says now; only where there is one."
    )


class RelatedClassSerializer(serializers.Serializer):
    class_name = serializers.CharField()
    why = serializers.ListField(
        child=serializers.ChoiceField(choices=[MISTAKEN, ALIKE]),
        help_text="mistaken: test images answered as the first class were of this one; alike: its "
        "mean training vector is among the two nearest, with a cosine of at least 0.5.",
    )
    mistaken = serializers.IntegerField(
        allow_null=True, help_text="How many test images; null where it is no reason."
    )
    cosine = serializers.FloatField(
        allow_null=True, help_text="Of the mean vectors; null where it is no reason."
    )


class TrainingNeighbourSerializer(serializers.Serializer):
    image = serializers.UUIDField(
        allow_null=True, help_text="Null where it is gone, or you may not see it."
    )
    class_name = serializers.CharField()
    cosine = serializers.FloatField(min_value=-1, max_value=1)


class ImageEntrySerializer(serializers.Serializer):
    """Status 200: `classes`, `related`, `decision`. Status 422: `code`, `detail`."""

    name = serializers.CharField()
    status = serializers.IntegerField(help_text="200 or 422.")
    classes = AnsweredClassSerializer(many=True, required=False)
    related = RelatedClassSerializer(
        many=True,
        required=False,
        help_text="Up to three classes related to the first; empty where none is known.",
    )
    decision = serializers.ChoiceField(
        choices=["accept", "review", "unknown"],
        allow_null=True,
        required=False,
        help_text="accept: as probable as its class's threshold; unknown: far from all training "
        "images; review: all else. Null until the version has a decision "
        "(`PUT model-versions/{id}/decision/`).",
    )
    answer_set = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="With `coverage`: never empty, most probable first.",
    )
    distance = serializers.FloatField(
        required=False,
        help_text="With `evidence`: one less the cosine to the third nearest training image.",
    )
    neighbours = TrainingNeighbourSerializer(
        many=True, required=False, help_text="With `evidence`: nearest training images."
    )
    heat_map = serializers.CharField(
        required=False,
        help_text="With `explain`: a PNG as base64 text, in the image's proportions, transparent "
        "where nothing speaks for the class.",
    )
    heat_map_method = serializers.ChoiceField(
        choices=METHODS, required=False, help_text="How it was made: the best for this model."
    )
    heat_map_place = serializers.CharField(
        required=False,
        help_text="Where most of the heat is, in words; empty where nothing speaks for the class.",
    )
    heat_map_problem = serializers.CharField(
        required=False, help_text="With `explain`, in place of a `heat_map` that took too long."
    )
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)


class PredictionEntrySerializer(ImageEntrySerializer):
    """Status 200: `id`, `classes`, `related`, `decision`. Status 422: `code`, `detail`."""

    id = serializers.UUIDField(required=False)
    images = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="With `combine`: the names of all images.",
    )
    kept = serializers.BooleanField(
        required=False,
        help_text="Whether the image is kept, without its metadata: only where the organization "
        "keeps its predictions. false: it could not be stored.",
    )
    each = ImageEntrySerializer(
        many=True,
        required=False,
        help_text="With `combine`: what is answered to each image by itself, in order; answer "
        "sets, `distance` and `neighbours` are here.",
    )


class TimingSerializer(serializers.Serializer):
    queue_ms = serializers.FloatField()
    decode_ms = serializers.FloatField()
    inference_ms = serializers.FloatField()
    precision = serializers.ChoiceField(
        choices=[FLOAT32, INT8],
        help_text="int8 where the version's fast mode answered, which its organization switches.",
    )


class PredictAnswerSerializer(serializers.Serializer):
    model = serializers.UUIDField()
    version = serializers.IntegerField()
    predictions = PredictionEntrySerializer(many=True)
    timing = TimingSerializer()
