from rest_framework import serializers

from accounts.fields import VisibleObjectField
from classifier.models import RegisteredModel
from common.inputs import InputSerializer

# As the schema names the choice (config.api_settings).
STATUSES = ["queued", "running", "succeeded", "pruned", "failed", "cancelled"]


class TrialSerializer(serializers.Serializer):
    number = serializers.IntegerField(help_text="From 0, in the order in which they began.")
    status = serializers.ChoiceField(
        choices=STATUSES,
        help_text="`pruned`: it ended early because others were better by then, and counts with "
        "its best epoch.",
    )
    value = serializers.FloatField(
        allow_null=True,
        help_text="What the search is about: accuracy or loss on the validation split.",
    )
    val_accuracy = serializers.FloatField(allow_null=True, source="accuracy")
    val_loss = serializers.FloatField(allow_null=True, source="loss")
    params = serializers.DictField(help_text="The settings that vary.")
    config = serializers.DictField(help_text="All its settings.")
    run = serializers.UUIDField(allow_null=True, help_text="Null where the job fits by itself.")
    epochs = serializers.IntegerField(help_text="How many it ran; 0 where there are none.")
    seconds = serializers.FloatField(allow_null=True)
    reason = serializers.CharField(help_text="Why it failed or ended early; else empty.")
    same_as = serializers.IntegerField(
        allow_null=True,
        help_text="An earlier trial with the very same settings, whose figures these are.",
    )


class RetrainInput(InputSerializer):
    """Which trial; by default the best."""

    trial = serializers.IntegerField(required=False, min_value=0)
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    model = VisibleObjectField(
        queryset=RegisteredModel.objects.all(),
        required=False,
        allow_null=True,
        help_text="The line that the version will join; by default a new one.",
    )
