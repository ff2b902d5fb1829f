"""The device flow (RFC 8628) as the API shows it."""

from rest_framework import serializers

from common.inputs import InputSerializer


class DeviceAuthorizationSerializer(serializers.Serializer):
    device_code = serializers.CharField(help_text="Kept by the program, which polls with it.")
    user_code = serializers.CharField(help_text="Shown to the person, who types it in the browser.")
    verification_uri = serializers.URLField(help_text="The page where it is typed.")
    expires_in = serializers.IntegerField(help_text="Seconds until both codes are over.")
    interval = serializers.IntegerField(help_text="Seconds to wait between two polls.")


class DeviceTokenInput(InputSerializer):
    device_code = serializers.CharField(max_length=64)
