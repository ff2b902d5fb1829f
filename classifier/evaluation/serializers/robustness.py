from rest_framework import serializers

from classifier.evaluation.services.start_robustness import DEFAULT_IMAGES, MOST_IMAGES
from classifier.fields import interval_field
from classifier.models import RobustnessCheck
from common.inputs import InputSerializer
from jobs.models import Status
from jobs.serializers import JobSerializer


class WorsenedSerializer(serializers.Serializer):
    corruption = serializers.CharField(help_text="blur, noise, brightness, jpeg, rotation or crop.")
    severity = serializers.IntegerField(help_text="1 to 5.")
    strength = serializers.CharField(help_text="What that is, in words.")
    accuracy = serializers.FloatField()


class RobustnessInput(InputSerializer):
    images = serializers.IntegerField(
        default=DEFAULT_IMAGES,
        min_value=1,
        max_value=MOST_IMAGES,
        help_text="How many of the report's images are made worse; each is answered 31 times.",
    )


class RobustnessCheckSerializer(serializers.ModelSerializer):
    """A check of a report's images, made worse; figures are null until the job has succeeded."""

    status = serializers.ChoiceField(source="job.status", choices=Status.choices, read_only=True)
    job = JobSerializer(read_only=True)
    evaluation = serializers.UUIDField(source="report_id", read_only=True)
    images_asked = serializers.IntegerField(source="images", read_only=True)
    images = serializers.IntegerField(
        source="figures.images", allow_null=True, read_only=True, help_text="How many there were."
    )
    clean_accuracy = serializers.FloatField(
        source="figures.clean",
        allow_null=True,
        read_only=True,
        help_text="On these images as they are.",
    )
    clean_interval = interval_field("Its 95 % interval (Wilson).", source="figures.clean_interval")
    results = WorsenedSerializer(source="figures.rows", many=True, allow_null=True, read_only=True)

    class Meta:
        model = RobustnessCheck
        fields = (
            "id",
            "status",
            "job",
            "evaluation",
            "images_asked",
            "images",
            "clean_accuracy",
            "clean_interval",
            "results",
            "created_at",
        )
        read_only_fields = fields
