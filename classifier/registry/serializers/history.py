"""What was live when, as the API says it."""

from rest_framework import serializers

from classifier.models import AliasChange
from classifier.registry.serializers.gate_result import OverriddenSerializer
from common.inputs import InputSerializer


class AliasChangeSerializer(serializers.ModelSerializer):
    """One change; `alias` is empty where the whole model was archived or taken back."""

    version = serializers.IntegerField(
        source="version_number",
        read_only=True,
        allow_null=True,
        help_text="Where the alias points since; that version may be deleted. Null: removed.",
    )
    previous = serializers.IntegerField(
        source="previous_number",
        read_only=True,
        allow_null=True,
        help_text="Where it pointed before; null: nowhere.",
    )
    created_by = serializers.CharField(
        source="created_by.username", read_only=True, allow_null=True, help_text="Null: Loupe."
    )

    overridden = OverriddenSerializer(
        many=True,
        read_only=True,
        allow_null=True,
        help_text="What the gate had against it, that an admin overrode; null where nothing was.",
    )

    class Meta:
        model = AliasChange
        fields = (
            "id",
            "number",
            "kind",
            "alias",
            "version",
            "previous",
            "reason",
            "overridden",
            "created_by",
            "created_at",
        )
        read_only_fields = fields
        extra_kwargs = {"number": {"help_text": "From 1 up, of the model, without a gap."}}


class RollbackInput(InputSerializer):
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    previous = serializers.IntegerField(
        min_value=1,
        max_value=2**31 - 1,
        required=False,
        help_text="The version that you take to be live: where another is, nothing changes.",
    )
    override = serializers.BooleanField(
        default=False, help_text="As of an alias: needs the role admin and a reason."
    )
