"""Facts about a file of a model version."""

from rest_framework import serializers


class FileFactsSerializer(serializers.Serializer):
    sha256 = serializers.CharField()
    bytes = serializers.IntegerField()
