import json
from typing import Any, ClassVar

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.fields import VisibleObjectField
from classifier.engine.foreign import limits
from classifier.engine.foreign.scaling import SCALINGS, Input
from classifier.models import ModelImport, RegisteredModel
from classifier.registry.services.importing.class_names import clean_names
from common.fit import FITS
from common.inputs import InputSerializer
from datasets.models import Dataset
from jobs.models import Status
from jobs.serializers import JobSerializer

CHANNELS = ["rgb", "bgr"]
_FORMULAS = "; ".join(f"`{each.name}`: {each.formula}" for each in SCALINGS.values())


class ForeignInput(InputSerializer):
    """What goes into the network."""

    size = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=limits.SMALLEST_SIDE,
        max_value=limits.LARGEST_SIDE,
        help_text="Pixels of a side. Left out, the file says it; one that takes any size does not.",
    )
    scaling = serializers.ChoiceField(
        choices=list(SCALINGS), help_text=f"How pixels, 0..255, are scaled before. {_FORMULAS}."
    )
    channels = serializers.ChoiceField(
        choices=CHANNELS,
        required=False,
        help_text="The order of the colours; by default `rgb`, and `bgr` with `caffe`.",
    )
    fit = serializers.ChoiceField(
        choices=FITS,
        default="stretch",
        help_text="How an image that is not square becomes one.",
    )


class _InForm(serializers.Field):
    """JSON that stands in a part of a form, or in its place the value itself."""

    default_error_messages: ClassVar = {"invalid": "This must be valid JSON."}

    def to_representation(self, value: Any) -> Any:
        """Return the value: it is only read."""
        return value

    def to_internal_value(self, data: Any) -> Any:
        """Return the value."""
        if isinstance(data, str | bytes):
            try:
                return json.loads(data)
            except (ValueError, RecursionError):
                self.fail("invalid")
        return data


@extend_schema_field(
    {
        "type": "array",
        "items": {"type": "string", "minLength": 1, "maxLength": 120},
        "minItems": 2,
        "uniqueItems": True,
    }
)
class ClassNamesField(_InForm):
    """A list of class names, in the order of the outputs."""

    def to_internal_value(self, data: Any) -> list[str]:
        """Return the names, trimmed and in NFC."""
        try:
            return clean_names(super().to_internal_value(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error), code="bad_class_names") from None


@extend_schema_field(ForeignInput)
class ForeignInputField(_InForm):
    """The fields of ForeignInput."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return them."""
        return ForeignInput.read(super().to_internal_value(data))


class ModelImportInput(InputSerializer):
    file = serializers.FileField(
        allow_empty_file=True, help_text="A `.keras` file, saved by Keras 3."
    )
    class_names = ClassNamesField(
        help_text="JSON: a name for each output, in their order; two for a network of one output."
    )
    input = ForeignInputField(help_text="JSON.")
    model = VisibleObjectField(
        queryset=RegisteredModel.objects.all(),
        required=False,
        help_text="The model whose next version it becomes; by default a new one.",
    )
    name = serializers.CharField(
        max_length=120, required=False, default="", help_text="Of the new model."
    )
    organization = serializers.SlugField(
        required=False,
        help_text="The slug of one of yours, for a new model; your personal one when not given.",
    )
    dataset = VisibleObjectField(
        queryset=Dataset.objects.alive(),
        required=False,
        help_text="A dataset whose labelled images it is tried on (up to 32), which shows a wrong "
        "scaling.",
    )

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Refuse what speaks of a new model beside an existing one."""
        if "model" in values and (values["name"] or "organization" in values):
            raise serializers.ValidationError(
                {"model": "Give model, or name and organization of a new one; received both."}
            )
        return values


class StatedSerializer(serializers.Serializer):
    """What the file says of itself."""

    size = serializers.IntegerField(allow_null=True, help_text="Null: any.")
    outputs = serializers.IntegerField(
        allow_null=True, help_text="Null: only the opened network says it."
    )
    answers = serializers.ChoiceField(choices=["softmax", "logits", "sigmoid", "unknown"])
    activation = serializers.CharField(help_text="The last one.")
    steps = serializers.ListField(
        child=serializers.CharField(), help_text="What the network itself does to pixels."
    )
    rescales = serializers.BooleanField(help_text="Whether that includes scaling.")
    layers = serializers.IntegerField()
    kinds = serializers.ListField(child=serializers.CharField())


class ForeignTrialAnswerSerializer(serializers.Serializer):
    image = serializers.UUIDField()
    true = serializers.CharField()
    predicted = serializers.CharField()
    probability = serializers.FloatField()


class ForeignTrialSerializer(serializers.Serializer):
    """What it answered to labelled images."""

    images = serializers.IntegerField()
    right = serializers.IntegerField(help_text="With the scaling that was stated.")
    chance = serializers.IntegerField(
        help_text="What always answering the most frequent class would have right."
    )
    others = serializers.DictField(
        child=serializers.IntegerField(), help_text="Right with every other scaling, by its name."
    )
    in_order = serializers.IntegerField(help_text="Right with the names in alphabetical order.")
    well = serializers.BooleanField(help_text="False where something seems wrong.")
    sentence = serializers.CharField()
    answers = ForeignTrialAnswerSerializer(many=True)


class ForeignFileSerializer(serializers.Serializer):
    name = serializers.CharField(source="file_name", help_text="As it was called; a label.")
    sha256 = serializers.CharField(source="file_sha256")
    bytes = serializers.IntegerField(source="file_bytes")


class ModelImportSerializer(serializers.ModelSerializer):
    """A model version that is on its way: `number` is null until its job has succeeded."""

    number = serializers.IntegerField(allow_null=True, read_only=True)
    url = serializers.SerializerMethodField(help_text="Of the model version; null until it is one.")
    status = serializers.ChoiceField(source="job.status", choices=Status.choices, read_only=True)
    job = JobSerializer(read_only=True)
    organization: serializers.SlugRelatedField = serializers.SlugRelatedField(
        slug_field="slug", read_only=True
    )
    classes = serializers.ListField(
        source="class_names", child=serializers.CharField(), read_only=True
    )
    input = serializers.DictField(
        read_only=True, help_text="`size`, `scaling`, `channels`, `fit`: as taken."
    )
    original = ForeignFileSerializer(source="*", read_only=True)
    stated = StatedSerializer(read_only=True)
    remarks = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="What is done with the network, and what speaks against what was stated.",
    )
    trial = ForeignTrialSerializer(read_only=True, allow_null=True)

    class Meta:
        model = ModelImport
        fields = (
            "id",
            "model",
            "number",
            "url",
            "name",
            "organization",
            "status",
            "job",
            "classes",
            "input",
            "original",
            "keras_version",
            "stated",
            "remarks",
            "dataset",
            "trial",
            "created_at",
        )
        read_only_fields = fields

    def get_url(self, row: ModelImport) -> str | None:
        if row.number is None:
            return None
        return reverse("api:model-version-detail", args=[row.pk])


def stated_input(values: dict[str, Any]) -> Input:
    """Return what a body says about the input; the usual order of colours where it says none."""
    scaling = values["scaling"]
    return Input(
        size=values["size"],
        scaling=scaling,
        channels=values.get("channels") or SCALINGS[scaling].channels,
    )
