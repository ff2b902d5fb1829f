"""The requests of explanations."""

from rest_framework import serializers

from accounts.fields import VisibleObjectField
from classifier.engine.explain.methods import METHODS
from classifier.models import ModelVersion
from classifier.prediction.services.answers import MAX_IMAGES
from common.inputs import InputSerializer


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
