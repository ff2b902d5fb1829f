"""Monitoring, as the API says it."""

from django.urls import reverse
from rest_framework import serializers

from classifier.engine.measure.drift_judgement import LEAST_HOURS, MONTH_HOURS
from classifier.models import (
    DriftCheck,
    DriftFinding,
    DriftWatch,
    Judgement,
    KeptPrediction,
    Step,
)
from common.inputs import InputSerializer
from jobs.serializers import JobSerializer


class MonitoringQuery(InputSerializer):
    """What is asked for."""

    to = serializers.CharField(
        required=False, help_text="An ISO 8601 time with its zone; left out: now."
    )
    step = serializers.ChoiceField(choices=Step.choices, default=Step.HOUR)
    version = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="A number; left out: all."
    )
    organization = serializers.SlugField(
        required=False,
        default="",
        help_text="Of which of your organizations; left out: the one whose predictions yours are.",
    )

    def get_fields(self):
        """Return the fields, with `from`, which is a word of Python."""
        first = serializers.CharField(
            required=False,
            help_text="An ISO 8601 time with its zone, whose hour or day is the first; left out: "
            "a week before `to`, or 90 days where steps are days.",
        )
        return {"from": first, **super().get_fields()}


class DecisionCounts(serializers.Serializer):
    accept = serializers.IntegerField()
    review = serializers.IntegerField()
    unknown = serializers.IntegerField()
    none = serializers.IntegerField(help_text="Answers that came without a decision.")


class PointSerializer(serializers.Serializer):
    at = serializers.DateTimeField(help_text="When the step begins, in UTC.")
    count = serializers.IntegerField(help_text="Predictions: images, or things of several images.")
    latency_ms = serializers.FloatField(
        allow_null=True,
        help_text="The median, from the arrival of a request until its answer was kept; told from "
        "bins that are a quarter wider each. Null where it was not measured.",
    )
    slow_ms = serializers.FloatField(
        allow_null=True, help_text="The milliseconds that one in twenty exceeds."
    )
    confidence = serializers.FloatField(
        allow_null=True, help_text="The mean probability of the most probable class, 0 to 1."
    )
    decisions = DecisionCounts()
    classes = serializers.DictField(
        child=serializers.IntegerField(), help_text="How often each class was the answer."
    )


class BinSerializer(serializers.Serializer):
    name = serializers.CharField(
        allow_blank=True, help_text="A class, or a range of confidence; empty: all other classes."
    )
    found = serializers.IntegerField(help_text="In the window.")
    reference = serializers.IntegerField()


class DriftFindingSerializer(serializers.ModelSerializer):
    bins = BinSerializer(many=True, read_only=True)

    class Meta:
        model = DriftFinding
        fields = ("kind", "score", "usual", "p_value", "adjusted", "judgement", "images", "bins")
        read_only_fields = fields
        extra_kwargs = {
            "score": {
                "help_text": "Of vectors the energy distance, else a population stability index."
            },
            "usual": {
                "help_text": "The index that one in twenty windows exceeds where nothing moved."
            },
            "p_value": {"help_text": "By itself."},
            "adjusted": {"help_text": "Among all tests of the check (Holm)."},
            "images": {"help_text": "How many of the window it compared."},
        }


class DriftCheckSerializer(serializers.ModelSerializer):
    """A look at the latest predictions."""

    job = JobSerializer(read_only=True)
    status = serializers.CharField(source="job.status", read_only=True)
    organization = serializers.SlugField(source="organization.slug", read_only=True)
    version = serializers.IntegerField(source="model_version.number", read_only=True)
    judgement = serializers.ChoiceField(
        source="judged",
        choices=Judgement.choices,
        read_only=True,
        allow_null=True,
        help_text="Of the gravest finding; null until the job has ended well.",
    )
    findings = DriftFindingSerializer(many=True, read_only=True)
    missing = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="Which tests were left out, and why, in sentences.",
    )

    class Meta:
        model = DriftCheck
        fields = (
            "id",
            "status",
            "job",
            "organization",
            "model",
            "version",
            "scheduled",
            "level",
            "judgement",
            "count",
            "first_at",
            "last_at",
            "reference",
            "reference_images",
            "findings",
            "missing",
            "created_at",
        )
        read_only_fields = fields
        extra_kwargs = {
            "level": {
                "help_text": "What `adjusted` must not exceed to be called drift: 0.05, shared "
                "among the looks of 30 days."
            },
            "count": {"help_text": "How many predictions were looked at."},
            "reference": {"help_text": "What they were compared with, in words."},
        }


class DriftSerializer(serializers.Serializer):
    """What the newest check that has ended well says: its gravest finding."""

    score = serializers.FloatField()
    p_value = serializers.FloatField(help_text="Among all tests of the check (Holm).")
    judgement = serializers.ChoiceField(choices=Judgement.choices)
    kind = serializers.CharField(help_text="Which test it is of; `check` has all.")
    images_url = serializers.CharField(
        allow_null=True,
        help_text="The predictions whose images moved most; null where no images are kept.",
    )
    check_id = serializers.UUIDField()
    at = serializers.DateTimeField()


class MonitoringSerializer(serializers.Serializer):
    organization = serializers.SlugField(help_text="Whose predictions were counted.")
    step = serializers.ChoiceField(choices=Step.choices)
    counted_until = serializers.DateTimeField(
        allow_null=True, help_text="Later predictions are not counted yet; null: none is."
    )
    series = PointSerializer(many=True)
    drift = DriftSerializer(allow_null=True)


class MovedImageSerializer(serializers.Serializer):
    prediction = serializers.UUIDField(source="prediction_id")
    name = serializers.CharField(source="prediction.name")
    class_name = serializers.CharField(help_text="What it was taken for.")
    confidence = serializers.FloatField()
    created_at = serializers.DateTimeField(source="prediction.created_at")
    thumbnail_url = serializers.SerializerMethodField()

    def get_thumbnail_url(self, kept: KeptPrediction) -> str:
        """Return where the image is shown small."""
        return reverse("api:prediction-thumbnail", args=[kept.prediction_id, 0])


class MovedImagesSerializer(serializers.Serializer):
    results = MovedImageSerializer(many=True)


class DriftWatchSerializer(serializers.ModelSerializer):
    organization = serializers.SlugField(source="organization.slug", read_only=True)
    obstacle = serializers.CharField(
        read_only=True,
        help_text="Why no check is scheduled; empty where one comes once the window is full.",
    )

    class Meta:
        model = DriftWatch
        fields = ("organization", "enabled", "window", "every_hours", "baseline", "obstacle")
        read_only_fields = fields
        extra_kwargs = {
            "baseline": {
                "help_text": "Null: the version's test images. Else {from, to}: your "
                "organization's predictions of that time count as usual."
            }
        }


class BaselineInput(InputSerializer):
    to = serializers.CharField(help_text="An ISO 8601 time with its zone.")

    def get_fields(self):
        """Return the fields, with `from`, which is a word of Python."""
        first = serializers.CharField(help_text="An ISO 8601 time with its zone.")
        return {"from": first, **super().get_fields()}


class DriftWatchInput(InputSerializer):
    enabled = serializers.BooleanField(required=False)
    window = serializers.IntegerField(
        required=False, min_value=50, max_value=2_000, help_text="Predictions of a look."
    )
    every_hours = serializers.IntegerField(
        required=False,
        min_value=LEAST_HOURS,
        max_value=MONTH_HOURS,
        help_text="The oftener, the smaller the level of each look.",
    )
    baseline = BaselineInput(required=False, allow_null=True)
    organization = serializers.SlugField(
        required=False, default="", help_text="As of `monitoring/`."
    )


class CheckInput(InputSerializer):
    organization = serializers.SlugField(
        required=False, default="", help_text="As of `monitoring/`."
    )
