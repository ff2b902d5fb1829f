"""Changes of many images at once, as the API takes and shows them."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from common.inputs import InputSerializer, unknown_field
from datasets.models import BulkAction
from datasets.selectors.gallery import METADATA, Filters
from datasets.serializers.images import ClassNameField


class BulkInput(InputSerializer):
    action = serializers.ChoiceField(choices=BulkAction.choices)
    images = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        min_length=1,
        max_length=10_000,
        help_text="Either these, or whatever matches `filter` when the call arrives.",
    )
    filter = serializers.DictField(
        child=serializers.CharField(max_length=600, trim_whitespace=False),
        required=False,
        help_text="As in the address of the gallery: class_name, suggested_class, annotated=false, "
        "split, q, "
        "excluded=1, issue, labelled_by, came_with_class=true, metadata.<column>, trash=1. {} is "
        "every image.",
    )
    class_name = ClassNameField(
        required=False,
        help_text="For relabel, which needs it: a new class is made; empty takes the class away.",
    )
    seen_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text="For relabel: when you looked. 409 naming the images that someone else has "
        "labelled since, and nothing is changed.",
    )

    def validate_filter(self, value: dict[str, str]) -> Filters:
        """A filter that is not understood as it stands would match too much: it is refused."""
        filters = Filters.from_query(value)
        names = [*Filters.NAMES, f"{METADATA}<column>"]
        wrong = {
            name: [unknown_field(name, names)]
            for name in value
            if name not in Filters.NAMES and not name.startswith(METADATA)
        }
        for name, text in value.items():
            heard = filters.values.get(name)
            if name not in wrong and (
                heard is None or (heard != text and name not in Filters.FLAGS)
            ):
                wrong[name] = [ErrorDetail(f"Not understood: {text[:60]!r}.", code="invalid")]
        if wrong:
            raise serializers.ValidationError(wrong)
        return filters

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Images or a filter, not both; a class, and when one looked, only where one is given."""
        if ("images" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError({"images": "Send either images or filter."})
        relabels = attrs["action"] == BulkAction.RELABEL
        if not relabels and (attrs.get("class_name") or attrs.get("seen_at")):
            name = "class_name" if attrs.get("class_name") else "seen_at"
            raise serializers.ValidationError({name: f"Only relabel takes {name}."})
        if relabels and "class_name" not in attrs:
            raise serializers.ValidationError(
                {"class_name": "Relabel needs a class; an empty one takes the class away."}
            )
        return attrs


class BulkAnswer(serializers.Serializer):
    matched = serializers.IntegerField(help_text="How many images were meant.")
    changed = serializers.IntegerField(help_text="How many of them were not so already.")
    edit = serializers.UUIDField(
        allow_null=True, help_text="`POST bulk-edits/{id}/undo/` within 30 days; null: no change."
    )


class UndoAnswer(serializers.Serializer):
    undone = serializers.IntegerField(help_text="How many images are as they were before.")
    left = serializers.IntegerField(help_text="How many were changed by someone since: left alone.")
