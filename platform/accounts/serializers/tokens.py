"""API tokens as the API shows them."""

from rest_framework import serializers

from accounts.models import APIToken, TokenScope
from accounts.services.tokens import DEFAULT_DAYS, DEFAULT_SCOPES, MAX_DAYS
from common.inputs import InputSerializer


class TokenSerializer(serializers.ModelSerializer):
    expires_at = serializers.DateTimeField(source="expiry", read_only=True)
    prefix = serializers.CharField(
        source="token_key", read_only=True, help_text="How the token begins, to recognise it by."
    )

    class Meta:
        model = APIToken
        fields = ("id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at")
        read_only_fields = fields


class NewTokenSerializer(TokenSerializer):
    token = serializers.CharField(read_only=True, help_text="Shown in this answer only.")

    class Meta(TokenSerializer.Meta):
        fields = ("id", "name", "token", "prefix", "scopes", "created_at", "expires_at")
        read_only_fields = fields


class TokenInput(InputSerializer):
    name = serializers.CharField(max_length=80)
    expires_in_days = serializers.IntegerField(
        min_value=1,
        max_value=MAX_DAYS,
        required=False,
        help_text=f"{DEFAULT_DAYS} when not given, or as long as the token that makes it lives.",
    )
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=TokenScope.choices),
        min_length=1,
        max_length=len(TokenScope),
        default=[scope.value for scope in DEFAULT_SCOPES],
    )
