"""Uploads that can be resumed, as the API shows them."""

from rest_framework import serializers

from datasets.models import Upload


class UploadSerializer(serializers.ModelSerializer):
    class Meta:
        model = Upload
        fields = ("id", "name", "length", "offset", "expires_at", "created_at")
        read_only_fields = fields
