"""What an organization or a person has of each quota, as the API shows it."""

from rest_framework import serializers


class UsageSerializer(serializers.Serializer):
    used = serializers.IntegerField(read_only=True)
    allowed = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Null: nothing bounds it."
    )


class OrganizationUsageSerializer(serializers.Serializer):
    bytes = UsageSerializer(read_only=True)
    images = UsageSerializer(read_only=True)
    datasets = UsageSerializer(read_only=True)
    jobs = UsageSerializer(read_only=True)
    predictions_per_hour = UsageSerializer(read_only=True)


class PersonalUsageSerializer(serializers.Serializer):
    organizations = UsageSerializer(read_only=True)
    tokens = UsageSerializer(read_only=True)
