"""Predictions that are kept, feedback on them, and how an organization keeps them."""

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from accounts.fields import VisibleObjectField
from classifier.models import (
    FeedbackSource,
    KeptPrediction,
    Prediction,
    PredictionFeedback,
    PredictionKeeping,
)
from classifier.prediction.selectors.kept import KeptFigures
from classifier.prediction.services.delete_kept import MOST_AT_ONCE
from classifier.prediction.services.set_keeping import (
    LEAST_BYTES,
    MOST_BYTES,
    MOST_DAYS,
    WhatIsThere,
)
from common.inputs import InputSerializer
from datasets.models import Dataset


class KeptImageSerializer(serializers.Serializer):
    name = serializers.CharField(help_text="As it was sent.")
    sha256 = serializers.CharField(help_text="Of the file as it is kept.")
    width = serializers.IntegerField(help_text="Pixels, upright.")
    height = serializers.IntegerField()
    format = serializers.CharField()
    bytes = serializers.IntegerField()
    file_url = serializers.CharField()
    thumbnail_url = serializers.CharField()


class FeedbackSerializer(serializers.ModelSerializer):
    prediction = serializers.UUIDField(source="prediction_id", read_only=True)
    correct = serializers.BooleanField(
        read_only=True, help_text="Whether the most probable class of the answer was this one."
    )
    known = serializers.BooleanField(
        read_only=True, help_text="Whether the version that answered has this class."
    )
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=FeedbackSource.choices,
        read_only=True,
        help_text="person: on a page; review: in the review queue; api: by a program.",
    )
    images = serializers.SerializerMethodField()
    created_by = serializers.CharField(
        source="created_by.username", read_only=True, allow_null=True, help_text="Null: gone."
    )

    class Meta:
        model = PredictionFeedback
        fields = (
            "prediction",
            "class_name",
            "correct",
            "known",
            "source",
            "images",
            "created_by",
            "created_at",
            "changed_at",
        )
        read_only_fields = fields

    def get_images(self, feedback: PredictionFeedback) -> list[str]:
        """Images of a dataset that the prediction's became; [] where they were not added."""
        return sorted(str(image.pk) for image in feedback.images.all())


class FeedbackInput(InputSerializer):
    class_name = serializers.CharField(
        max_length=200,
        trim_whitespace=False,
        help_text="The true class; one that the version does not have is allowed.",
    )
    add_to_dataset = VisibleObjectField(
        queryset=Dataset.objects.all(),
        required=False,
        help_text="A dataset of the organization that asked: the image goes there, with the class.",
    )


class AnsweredClassOfPrediction(serializers.Serializer):
    class_name = serializers.CharField()
    probability = serializers.FloatField(min_value=0, max_value=1)


class PredictionSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    organization = serializers.SlugField(help_text="Whose it is: of who asked, not of the model.")
    model = serializers.UUIDField()
    model_version = serializers.UUIDField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    classes = AnsweredClassOfPrediction(many=True, help_text="As answered, most probable first.")
    decision = serializers.CharField(allow_null=True)
    images = KeptImageSerializer(many=True, help_text="[] where they are not kept.")
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Of the images.")
    feedback = FeedbackSerializer(allow_null=True)
    created_by = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()


def shown_prediction(prediction: Prediction, kept: KeptPrediction | None) -> dict[str, Any]:
    """Return what `PredictionSerializer` says of a prediction, with its images where they are."""
    version = prediction.model_version
    images = []
    for place, each in enumerate(kept.files if kept else []):
        urls = {
            f"{what}_url": reverse(f"api:prediction-{what}", args=[prediction.pk, place])
            for what in ("file", "thumbnail")
        }
        images.append({**vars(each), **urls})
    feedback = getattr(prediction, "feedback", None)
    classes = [vars(each) for each in prediction.classes]
    return {
        "id": prediction.pk,
        "organization": prediction.organization.slug,
        "model": version.model_id,
        "model_version": version.pk,
        "version": version.number,
        "name": prediction.name,
        "classes": [
            {"class_name": each["class_name"], "probability": each["probability"]}
            for each in classes
        ],
        "decision": prediction.decision,
        "images": images,
        "expires_at": kept.expires_at if kept else None,
        "feedback": feedback,
        "created_by": prediction.created_by.get_username() if prediction.created_by else None,
        "created_at": prediction.created_at,
    }


class KeptListSerializer(serializers.BaseSerializer):
    """Rows of `KeptPrediction`, each as `PredictionSerializer` says it."""

    def to_representation(self, instance: KeptPrediction) -> Any:
        """Return the prediction with its images."""
        shown = shown_prediction(instance.prediction, instance)
        return PredictionSerializer(shown, context=self.context).data


class DeletePredictionsInput(InputSerializer):
    predictions = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        min_length=1,
        max_length=MOST_AT_ONCE,
        help_text=f"Up to {MOST_AT_ONCE:,}; either all of them are deleted or none.",
    )
    all = serializers.BooleanField(
        required=False, help_text="true: all that the organization keeps. Needs the role admin."
    )
    organization = serializers.SlugField(
        required=False, help_text="By default the caller's own organization."
    )

    def validate(self, attrs: dict) -> dict:
        if ("predictions" in attrs) == bool(attrs.get("all")):
            raise serializers.ValidationError(
                {"predictions": "Name predictions, or send all=true: one of both."},
                code="one_source",
            )
        return attrs


class DeletedSerializer(serializers.Serializer):
    deleted = serializers.IntegerField()


class KeptFiguresSerializer(serializers.Serializer):
    predictions = serializers.IntegerField()
    bytes = serializers.IntegerField()
    oldest = serializers.DateTimeField(allow_null=True)
    newest = serializers.DateTimeField(allow_null=True)


class KeepingSerializer(serializers.Serializer):
    enabled = serializers.BooleanField()
    days = serializers.IntegerField(allow_null=True, help_text="Null where it was never on.")
    max_bytes = serializers.IntegerField(
        allow_null=True,
        help_text="When images take more, the oldest go. While keeping is on, all of it counts as "
        "used storage.",
    )
    kept = KeptFiguresSerializer(help_text="What is there now.")
    missed = serializers.IntegerField(
        help_text="Images that were answered and could not be kept, since it was switched on."
    )
    pushed_out = serializers.IntegerField(
        help_text="Predictions whose images made room before their time, since then."
    )
    changed_by = serializers.CharField(allow_null=True)
    changed_at = serializers.DateTimeField(allow_null=True)


def shown_keeping(keeping: PredictionKeeping | None, figures: KeptFigures) -> dict[str, Any]:
    """Return what `KeepingSerializer` says."""
    changed_by = keeping.changed_by if keeping else None
    return {
        "enabled": bool(keeping and keeping.enabled),
        "days": keeping.days if keeping else None,
        "max_bytes": keeping.max_bytes if keeping else None,
        "kept": figures._asdict(),
        "missed": keeping.missed if keeping else 0,
        "pushed_out": keeping.pushed_out if keeping else 0,
        "changed_by": changed_by.get_username() if changed_by else None,
        "changed_at": keeping.changed_at if keeping else None,
    }


class KeepingInput(InputSerializer):
    enabled = serializers.BooleanField()
    days = serializers.IntegerField(required=False, min_value=1, max_value=MOST_DAYS)
    max_bytes = serializers.IntegerField(
        required=False, min_value=LEAST_BYTES, max_value=MOST_BYTES
    )
    what_is_there = serializers.ChoiceField(
        choices=[each.value for each in WhatIsThere],
        required=False,
        help_text="Where it is switched off and images are kept: they expire in their time, or "
        "are deleted now with their predictions.",
    )

    def validate(self, attrs: dict) -> dict:
        bounds, errors = ("days", "max_bytes"), {}
        if attrs["enabled"]:
            errors = {name: "This field is required." for name in bounds if name not in attrs}
            if "what_is_there" in attrs:
                errors["what_is_there"] = "Only where keeping is switched off."
        else:
            errors = {name: "Only where keeping is on." for name in bounds if name in attrs}
        if errors:
            raise serializers.ValidationError(errors)
        return attrs
