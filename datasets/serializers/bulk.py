"""Changes of many images at once, as the API takes and shows them."""

from typing import Any

from rest_framework import serializers

from common.inputs import InputSerializer
from datasets.models import BulkAction
from datasets.selectors.gallery import Filters


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
        child=serializers.CharField(max_length=600),
        required=False,
        help_text="As in the address of the gallery: class_name (-: none), split, q, excluded=1, "
        "labelled_by, metadata.<column>, trash=1. {} is every image.",
    )
    class_name = serializers.CharField(
        max_length=120,
        required=False,
        default="",
        allow_blank=True,
        help_text="For relabel: a new class is made; empty takes the class away.",
    )
    seen_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default=None,
        help_text="For relabel: when you looked. 409 naming the images that somebody else has "
        "labelled since, and nothing is changed.",
    )

    def validate_filter(self, value: dict[str, str]) -> Filters:
        """A filter that is not understood as it stands would match too much: it is refused."""
        filters = Filters.from_query(value)
        wrong = [name for name, text in value.items() if text and filters.values.get(name) != text]
        if wrong:
            raise serializers.ValidationError(f"Not understood: {', '.join(sorted(wrong))}.")
        return filters

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Images or a filter, not both; a class only where one is given."""
        if ("images" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError({"images": "Send either images or filter."})
        if attrs["class_name"] and attrs["action"] != BulkAction.RELABEL:
            raise serializers.ValidationError({"class_name": "Only relabel takes a class."})
        return attrs


class BulkAnswer(serializers.Serializer):
    matched = serializers.IntegerField(help_text="How many images were meant.")
    changed = serializers.IntegerField(help_text="How many of them were not so already.")
    edit = serializers.UUIDField(
        allow_null=True, help_text="`POST bulk-edits/{id}/undo/` within 30 days; null: no change."
    )


class UndoAnswer(serializers.Serializer):
    undone = serializers.IntegerField(help_text="How many images are as they were before.")
    left = serializers.IntegerField(help_text="How many somebody has changed since: left alone.")
