from rest_framework import serializers

from accounts.fields import VisibleObjectField
from common.inputs import InputSerializer
from datasets.models import DatasetVersion


class ExperimentInput(InputSerializer):
    """What every kind of experiment takes."""

    kind: serializers.Field = serializers.CharField(max_length=20)
    dataset_version = VisibleObjectField(queryset=DatasetVersion.objects.all())
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
