"""The request of `models/{id}/predict/`."""

import base64
import binascii
import re
from typing import NoReturn

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from classifier.fields import NumberField
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
