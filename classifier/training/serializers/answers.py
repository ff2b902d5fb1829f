from django.urls import reverse
from rest_framework import serializers

from classifier.training.selectors.answers import WatchedImage
from common.inputs import InputSerializer

_WHY = "Why there is nothing (yet), in a sentence; null where there is."


class EpochQuery(InputSerializer):
    epoch = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, required=False, help_text="By default the best so far."
    )


class ClassAccuracySerializer(serializers.Serializer):
    class_name = serializers.CharField()
    images = serializers.IntegerField(help_text="Validation images of this class.")
    correct = serializers.IntegerField(help_text="How many of them were answered with it.")
    accuracy = serializers.FloatField(
        allow_null=True, help_text="The share, 0 to 1; null of a class without validation images."
    )


class ClassAccuraciesSerializer(serializers.Serializer):
    epoch = serializers.IntegerField(
        allow_null=True, help_text="0: a classic method, which is fitted in one go."
    )
    not_measured = serializers.CharField(allow_null=True, help_text=_WHY)
    classes = ClassAccuracySerializer(many=True)


class SamplePredictionSerializer(serializers.Serializer):
    """A validation image, and what was answered after each of `epochs`."""

    image = serializers.UUIDField(source="image.pk")
    name = serializers.CharField()
    class_name = serializers.CharField(help_text="Its own class.")
    thumbnail_url = serializers.SerializerMethodField()
    predicted = serializers.ListField(child=serializers.CharField())
    probability = serializers.ListField(
        child=serializers.FloatField(), help_text="Of the predicted class, 0 to 1."
    )

    def get_thumbnail_url(self, watched: WatchedImage) -> str:
        return reverse("api:image-thumbnail", args=[watched.image.pk])


class SamplePredictionsSerializer(serializers.Serializer):
    epochs = serializers.ListField(
        child=serializers.IntegerField(), help_text="[0]: a classic method, fitted in one go."
    )
    not_measured = serializers.CharField(allow_null=True, help_text=_WHY)
    images = SamplePredictionSerializer(many=True)
