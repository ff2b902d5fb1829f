"""Shares as the API shows them: to who gives, and to who gets."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Share
from accounts.services.organizations import SLUG_LENGTH
from accounts.sharing import MOST_OFFERS_WAITING, MOST_RECEIVERS, OFFER_DAYS
from common.inputs import InputSerializer

STATUSES = ("waiting", "accepted")


class ShareInput(InputSerializer):
    receiver = serializers.SlugField(
        max_length=SLUG_LENGTH, help_text="The slug of the organization that may read it."
    )
    may_copy = serializers.BooleanField(
        required=False, default=False, help_text="Whether its editors may copy it, too."
    )


class GivenShareSerializer(serializers.ModelSerializer):
    status = serializers.ChoiceField(choices=STATUSES, read_only=True)
    receiver = serializers.CharField(source="receiver_slug", read_only=True)
    expires_at = serializers.DateTimeField(read_only=True, help_text="When the offer ends.")

    class Meta:
        model = Share
        fields: tuple[str, ...] = (
            "id",
            "kind",
            "subject",
            "name",
            "receiver",
            "may_copy",
            "status",
            "created_at",
            "accepted_at",
            "expires_at",
        )
        read_only_fields = fields


class ReceivedShareSerializer(GivenShareSerializer):
    organization = serializers.CharField(
        source="organization.slug", read_only=True, help_text="Whose it is."
    )
    subject = serializers.SerializerMethodField(help_text="Null until it is accepted.")

    class Meta(GivenShareSerializer.Meta):
        fields = (*GivenShareSerializer.Meta.fields, "organization")
        read_only_fields = fields

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_subject(self, share: Share) -> str | None:
        return str(share.subject) if share.accepted_at else None


LIMITS = (
    f"An admin of the receiving organization accepts or declines, within {OFFER_DAYS} days; the "
    "answer is the same whether there is such an organization. One object may be shared with "
    f"{MOST_RECEIVERS} organizations, and an organization may have {MOST_OFFERS_WAITING} offers "
    "that wait: 409 `too_many_shares`."
)
