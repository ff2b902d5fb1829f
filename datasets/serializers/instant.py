"""The instant model, its suggestions and the label grid as the API shows them."""

from rest_framework import serializers

from common.inputs import InputSerializer
from datasets.selectors.instant import InstantStatus
from datasets.selectors.label_grid import MOST, ScreenKind
from datasets.serializers.images import ClassNameField, ImageSerializer

_METHODS = ("prototypes", "logistic_regression")


class InstantModelSerializer(serializers.Serializer):
    status = serializers.ChoiceField(choices=[each.value for each in InstantStatus])
    detail = serializers.CharField(help_text="What it needs; empty when it is ready.")
    method = serializers.ChoiceField(
        choices=_METHODS,
        allow_null=True,
        help_text="prototypes (class means) below five images a class.",
    )
    labelled = serializers.IntegerField(help_text="Images that have a class.")
    learned_from = serializers.IntegerField(help_text="How many of them taught it, up to 20,000.")
    held_out = serializers.IntegerField(
        help_text="Labelled images that it must not see: a version tests on them, or they came in "
        "an archive's test folder."
    )
    accuracy = serializers.FloatField(
        allow_null=True, help_text="Cross-validated in five parts; null until it is measured."
    )
    interval = serializers.ListField(
        child=serializers.FloatField(),
        min_length=2,
        max_length=2,
        allow_null=True,
        help_text="The accuracy's 95 % interval (Wilson).",
    )
    updated_at = serializers.DateTimeField(allow_null=True, help_text="When it was last fitted.")


class GridGroupSerializer(serializers.Serializer):
    class_name = serializers.CharField(
        allow_null=True, help_text="What is suggested for these images; null: nothing."
    )
    images = ImageSerializer(many=True, help_text="The surest first.")


class LabelGridSerializer(serializers.Serializer):
    """The groups' images have no class; the largest group comes first."""

    kind = serializers.ChoiceField(
        choices=[each.value for each in ScreenKind],
        help_text="look_alikes: a group to name at once; one_class: the surest of one class; "
        "mixed: the surest of all; unsorted: nothing is suggested.",
    )
    groups = GridGroupSerializer(many=True)
    remaining = serializers.IntegerField(help_text="Images that have no class and are not left out")
    seen_at = serializers.DateTimeField(help_text="To be sent back with what is confirmed.")
    instant_model = InstantModelSerializer()


class LabelGridQuery(InputSerializer):
    skip = serializers.IntegerField(
        min_value=0, max_value=1000, default=0, required=False, help_text="Screens to pass over."
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=MOST, default=MOST, required=False, help_text="Images on a screen."
    )


class GridGroupInput(InputSerializer):
    class_name = ClassNameField(help_text="A new class is made.")
    images = serializers.ListField(
        child=serializers.UUIDField(), max_length=1000, help_text="Images of this class."
    )
    rejected = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=1000,
        required=False,
        default=list,
        help_text="Images that are not: their next likely class is suggested.",
    )


class LabelGridInput(InputSerializer):
    groups = serializers.ListField(child=GridGroupInput(), min_length=1, max_length=MOST)
    seen_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text="409 naming the images that someone else has labelled since, and nothing is "
        "changed.",
    )


class LabelGridAnswer(serializers.Serializer):
    updated = serializers.IntegerField(help_text="How many images have a class now.")
    edits = serializers.ListField(
        child=serializers.UUIDField(),
        help_text="One for each group; `POST bulk-edits/{id}/undo/` takes it back.",
    )
