"""Classes as the API shows them."""

from rest_framework import serializers

from common.inputs import InputSerializer
from datasets.models import ClassLabel
from datasets.models.class_label import MOST_DESCRIPTION, MOST_LINK


class ClassSerializer(serializers.Serializer):
    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)
    image_count = serializers.IntegerField(read_only=True)
    description = serializers.CharField(
        read_only=True, help_text="Goes with every answer of this class, with `link`: its note."
    )
    link = serializers.CharField(read_only=True, help_text="An http or https address, or empty.")


class ClassUseSerializer(ClassSerializer):
    trashed_count = serializers.IntegerField(
        help_text="Its images in the trash, not in image_count."
    )
    versions = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Numbers of the versions that hold it under this name: they keep it.",
    )


class ClassInput(InputSerializer):
    name = serializers.CharField(max_length=ClassLabel._meta.get_field("name").max_length)


class ClassChange(InputSerializer):
    """At least one of these."""

    name = serializers.CharField(
        required=False, max_length=ClassLabel._meta.get_field("name").max_length
    )
    description = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=MOST_DESCRIPTION,
        help_text="What an answer of this class is to say beside it.",
    )
    link = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=MOST_LINK,
        help_text="An http or https address.",
    )


class MergeInput(InputSerializer):
    into = serializers.UUIDField(help_text="Another class of the same dataset.")


class MergeAnswer(serializers.Serializer):
    moved = serializers.IntegerField(help_text="How many images changed their class.")
    edit = serializers.UUIDField(help_text="`POST bulk-edits/{id}/undo/` brings the class back.")


class ClassDeletedSerializer(serializers.Serializer):
    unlabelled = serializers.IntegerField(help_text="How many images have no class now.")
    edit = serializers.UUIDField(help_text="`POST bulk-edits/{id}/undo/` brings the class back.")
