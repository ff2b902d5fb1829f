"""Try links, as the API says them: to members, and to people who have a link."""

from django.conf import settings
from rest_framework import serializers

from classifier.models import TryLink
from classifier.prediction.selectors.try_links import TryLinkState, state_of
from classifier.prediction.services.try_links.ask import STRANGERS_SHARE
from classifier.prediction.services.try_links.manage import (
    DEFAULT_DAYS,
    DEFAULT_PREDICTIONS,
    MOST_DAYS,
    MOST_LINKS,
    MOST_PREDICTIONS,
)
from common.inputs import InputSerializer

LIMITS = (
    f"At most {MOST_LINKS} of an organization work at a time (409 `too_many_try_links`). By one "
    f"link {settings.TRY_LINK_A_MINUTE} images a minute may be asked about, by all of an "
    f"organization {settings.TRY_LINKS_A_MINUTE_PER_ORGANIZATION}; they count in the "
    f"organization's predictions of the hour, of which they may take one in {STRANGERS_SHARE}. An "
    "image may have 1 MiB (413)."
)


class TryLinkInput(InputSerializer):
    name = serializers.CharField(max_length=80, help_text="For whom it is, such as “open day”.")
    expires_in_days = serializers.IntegerField(
        default=DEFAULT_DAYS, min_value=1, max_value=MOST_DAYS
    )
    max_predictions = serializers.IntegerField(
        default=DEFAULT_PREDICTIONS,
        min_value=1,
        max_value=MOST_PREDICTIONS,
        help_text="How many images may be asked about by it in all.",
    )


class TryLinkSerializer(serializers.ModelSerializer):
    state = serializers.SerializerMethodField(
        help_text="works; or why it does not: revoked, expired, used_up, archived (its model is), "
        "maker_may_not (who made it is gone, or may no longer make one)."
    )
    created_by = serializers.CharField(source="created_by.username", read_only=True)

    class Meta:
        model = TryLink
        fields: tuple[str, ...] = (
            "id",
            "model",
            "name",
            "state",
            "predictions",
            "max_predictions",
            "created_by",
            "created_at",
            "expires_at",
            "revoked_at",
        )
        read_only_fields = fields

    def get_state(self, link: TryLink) -> TryLinkState:
        return state_of(link)


class NewTryLinkSerializer(TryLinkSerializer):
    url = serializers.SerializerMethodField(help_text="The link. In this answer only.")

    class Meta(TryLinkSerializer.Meta):
        fields = (*TryLinkSerializer.Meta.fields, "url")
        read_only_fields = fields

    def get_url(self, _link: TryLink) -> str:
        address: str = self.context["url"]
        return address


class TryPageSerializer(serializers.Serializer):
    """What a person with a link is told."""

    model_name = serializers.CharField()
    organization_name = serializers.CharField()
    expires_at = serializers.DateTimeField()
    predictions_left = serializers.IntegerField()


class TryImageInput(InputSerializer):
    image = serializers.FileField(allow_empty_file=True)


class TriedClassSerializer(serializers.Serializer):
    class_name = serializers.CharField()
    probability = serializers.FloatField(min_value=0, max_value=1)


class TryAnswerSerializer(serializers.Serializer):
    classes = TriedClassSerializer(many=True)
    decision = serializers.ChoiceField(
        choices=["accept", "review", "unknown"],
        allow_null=True,
        help_text="As in `models/{id}/predict/`.",
    )
